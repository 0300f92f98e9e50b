{#- What is bought together, in the year up to a clock: the rows of `product_pairs`. -#}
{% macro paired_products(clock) -%}
{#- Larger baskets are a dealer's, and would make most of the pairs. -#}
{%- set largest_basket = 40 %}
{%- set fewest_orders = 3 %}
{%- set companions = 20 %}


with
    order_lines as (select * from {{ ref('stg_shop__order_lines') }} where quantity > 0),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    bought as (
        select distinct order_lines.order_id, order_lines.product_id
        from order_lines
        inner join orders on order_lines.order_id = orders.order_id
        where orders.is_paid and {{ in_last_days('orders.created_at', 365, clock) }} = 1
    ),

    sizes as (select order_id, count(*) as products_count from bought group by order_id),

    baskets as (
        select bought.order_id, bought.product_id
        from bought
        inner join sizes on bought.order_id = sizes.order_id
        where sizes.products_count <= {{ largest_basket }}
    ),

    totals as (select count(distinct order_id) as orders_count from baskets),

    products as (
        select product_id, cast(count(*) as double) as orders_count from baskets group by product_id
    ),

    pairs as (
        select baskets.product_id, others.product_id as other_product_id, count(*) as together_count
        from baskets
        inner join
            baskets as others
            on baskets.order_id = others.order_id
            and baskets.product_id <> others.product_id
        group by baskets.product_id, others.product_id
        having count(*) >= {{ fewest_orders }}
    ),

    judged as (
        select
            pairs.product_id,
            pairs.other_product_id,
            pairs.together_count,
            pairs.together_count / cast(totals.orders_count as double) as support,
            pairs.together_count
            * cast(totals.orders_count as double)
            / (products.orders_count * others.orders_count) as lift,
            cast(
                pairs.together_count
                / sqrt(products.orders_count * others.orders_count) as decimal(9, 6)
            ) as closeness
        from pairs
        inner join products on pairs.product_id = products.product_id
        inner join products as others on pairs.other_product_id = others.product_id
        cross join totals
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by product_id order by closeness desc, other_product_id
            ) as place
        from judged
        where lift > 1
    )

select product_id, other_product_id, together_count, support, lift, closeness
from ranked
where place <= {{ companions }}
{%- endmacro %}
