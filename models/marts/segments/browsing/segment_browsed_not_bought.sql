{% set thresholds = segment_thresholds(within_days=30) %}

with
    order_lines as (select * from {{ ref('customer_order_lines') }}),

    views as ({{ product_views() }}),

    viewed_categories as (
        select customer_id, category, max(happened_at) as last_viewed_at
        from views
        where category is not null and {{ within_last('happened_at', days=thresholds.within_days) }}
        group by customer_id, category
    ),

    bought_categories as (
        select customer_id, category, max(ordered_at) as last_bought_at
        from order_lines
        where status not in ('cancelled', 'draft') and ordered_at <= {{ as_of() }}
        group by customer_id, category
    ),

    unbought as (
        select
            viewed_categories.customer_id,
            {{
                string_agg_ordered(
                    'viewed_categories.category', ', ', 'viewed_categories.category'
                )
            }} as categories,
            max(viewed_categories.last_viewed_at) as last_viewed_at
        from viewed_categories
        left join
            bought_categories
            on viewed_categories.customer_id = bought_categories.customer_id
            and viewed_categories.category = bought_categories.category
        where
            {{
                not_within_last(
                    'bought_categories.last_bought_at', days=thresholds.within_days
                )
            }}
        group by viewed_categories.customer_id
    )

select
    customer_id,
    last_viewed_at as qualified_at,
    {{
        sentence(
            "looked at {categories} in " ~ thresholds.within_days
            ~ " days, last {" ~ ago("last_viewed_at") ~ "}, and bought none of it"
        )
    }} as reason
from unbought
