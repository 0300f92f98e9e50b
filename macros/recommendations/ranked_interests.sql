{#- The interests that the evidence makes: the rows of `customer_interests`. -#}
{% macro ranked_interests(evidence) -%}
{#- So many points halve what an interest is short of 1. -#}
{%- set half = 3 %}

with
    evidence as (select * from {{ evidence }}),

    shop_categories as (
        select category
        from {{ ref('stg_shop__products') }}
        where category is not null
        group by category
    ),

    interests as (
        select
            customer_id,
            category,
            cast(sum(points) as bigint) as points,
            {{ string_agg_ordered('source', ';', 'source') }} as sources,
            max(last_at) as last_at
        from evidence
        group by customer_id, category
    ),

    marked as (
        select interests.*, case when shop_categories.category is null then 0 else 1 end as is_sold
        from interests
        left join shop_categories on interests.category = shop_categories.category
    )

select
    customer_id,
    row_number() over (partition by customer_id order by points desc, category) as interest_rank,
    category,
    cast(
        1 - power(cast(0.5 as double), points / cast({{ half }} as double)) as decimal(5, 4)
    ) as strength,
    points,
    sources,
    case
        when is_sold = 1
        then row_number() over (partition by customer_id, is_sold order by points desc, category)
    end as sold_rank,
    last_at
from marked
{%- endmacro %}
