{% set thresholds = segment_thresholds(
    tags=["eco", "organic", "recycled", "sustainable"], products=2, within_days=365
) %}

with
    order_lines as (select * from {{ ref('customer_order_lines') }}),

    green as (
        select product_id
        from {{ ref('products') }}
        where
            {%- for tag in thresholds.tags %}
                {{ 'or' if not loop.first }} ';' || tags || ';'
                like {{ dbt.string_literal(dbt.escape_single_quotes("%;" ~ tag ~ ";%")) }}
            {%- endfor %}
    ),

    bought as (
        select
            order_lines.customer_id, order_lines.product_id, order_lines.ordered_at as happened_at
        from order_lines
        inner join green on order_lines.product_id = green.product_id
        where order_lines.is_paid
    ),

    buyers as (
        {{
            at_least_n_times(
                thresholds.products,
                "bought",
                within_days=thresholds.within_days,
                different="product_id",
            )
        }}
    )

select
    customer_id,
    qualified_at,
    {{
        sentence(
            "bought {times} products tagged " ~ thresholds.tags | join(", ") ~ " in "
            ~ thresholds.within_days ~ " days"
        )
    }} as reason
from buyers
