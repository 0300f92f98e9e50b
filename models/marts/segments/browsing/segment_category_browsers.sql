{% set thresholds = segment_thresholds(categories=["ink", "paper", "pens"], within_days=7) %}

with
    views as ({{ product_views() }}),

    given_categories as (
        select *
        from views
        where
            category in (
                {%- for category in thresholds.categories %}
                    {{ dbt.string_literal(dbt.escape_single_quotes(category)) }}
                    {{- ',' if not loop.last }}
                {%- endfor %}
            )
    ),

    browsers as (
        {{
            at_least_n_times(
                thresholds.categories | length,
                "given_categories",
                within_days=thresholds.within_days,
                different="category",
            )
        }}
    )

select
    customer_id,
    qualified_at,
    {{
        sentence(
            "looked at products of all of " ~ thresholds.categories | join(", ") ~ " in "
            ~ thresholds.within_days ~ " days, the last one {" ~ ago("last_at") ~ "}"
        )
    }} as reason
from browsers
