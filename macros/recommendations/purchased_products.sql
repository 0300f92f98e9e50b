{#- What each customer had bought by a clock: the rows of `customer_products`. -#}
{% macro purchased_products(clock) -%}
with
    orders as (select * from {{ ref('customer_orders') }}),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }})

select
    orders.customer_id,
    order_lines.product_id,
    count(distinct case when order_lines.quantity >= 0 then orders.order_id end) as orders_count,
    cast(greatest(sum(order_lines.quantity), 0) as bigint) as items_count,
    max(case when order_lines.quantity >= 0 then orders.created_at end) as last_bought_at
from orders
inner join order_lines on orders.order_id = order_lines.order_id
where orders.is_paid and orders.created_at <= {{ clock }}
group by orders.customer_id, order_lines.product_id
-- Lines with a minus give back what was bought.
having max(order_lines.quantity) >= 0
{%- endmacro %}
