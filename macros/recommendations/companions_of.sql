{#- What goes with what each customer bought: the rows of `customer_companions`. -#}
{% macro companions_of(purchases, pairs, clock) -%}
with
    customer_products as (select * from {{ purchases }}),

    pairs as (select * from {{ pairs }}),

    bought as (
        select customer_id, product_id, {{ days_since('last_bought_at', clock) }} as days_ago
        from customer_products
        where {{ in_last_days('last_bought_at', 180, clock) }} = 1
    ),

    -- What was bought a month ago says half as much as what was bought today.
    suggested as (
        select
            bought.customer_id,
            pairs.other_product_id as product_id,
            bought.product_id as anchor_product_id,
            pairs.support,
            pairs.lift,
            cast(
                pairs.closeness
                * power(cast(0.5 as double), bought.days_ago / cast(30 as double)) as decimal(18, 9)
            ) as worth
        from bought
        inner join pairs on bought.product_id = pairs.product_id
        left join
            bought as had
            on bought.customer_id = had.customer_id
            and pairs.other_product_id = had.product_id
        where had.product_id is null
    ),

    anchored as (
        select
            *,
            sum(worth) over (partition by customer_id, product_id) as total_worth,
            row_number() over (
                partition by customer_id, product_id order by worth desc, anchor_product_id
            ) as anchor_rank
        from suggested
    )

select
    customer_id,
    product_id,
    anchor_product_id,
    support,
    lift,
    cast(
        row_number() over (partition by customer_id order by total_worth desc, product_id) as bigint
    ) as place
from anchored
where anchor_rank = 1
{%- endmacro %}
