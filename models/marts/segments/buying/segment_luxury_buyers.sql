{% set thresholds = segment_thresholds(dearest_percent=10, products=2, within_days=365) %}

with
    order_lines as (select * from {{ ref('customer_order_lines') }}),

    -- 0 is the dearest of its category, 1 the cheapest; of one alone there is no saying.
    price_positions as (
        select
            product_id,
            percent_rank() over (
                partition by category, currency order by price desc
            ) as price_position,
            count(*) over (partition by category, currency) as products_count
        from {{ ref('products') }}
        where price is not null
    ),

    luxury as (
        select product_id
        from price_positions
        where products_count > 1 and 100 * price_position <= {{ thresholds.dearest_percent }}
    ),

    bought as (
        select
            order_lines.customer_id, order_lines.product_id, order_lines.ordered_at as happened_at
        from order_lines
        inner join luxury on order_lines.product_id = luxury.product_id
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
            "bought {times} of the dearest products of their categories in "
            ~ thresholds.within_days ~ " days"
        )
    }} as reason
from buyers
