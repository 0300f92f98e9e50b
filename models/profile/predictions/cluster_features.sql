with
    customers as (select * from {{ ref('customer_features') }} where orders_count > 0),

    interests as (select * from {{ ref('customer_interests') }} where sold_rank <= 3),

    points as (select customer_id, sum(points) as points from interests group by customer_id),

    features as (
        select customer_id, 'recency' as feature, ln(1 + cast(recency_days as double)) as value
        from customers

        union all

        select customer_id, 'frequency' as feature, ln(cast(orders_count as double)) as value
        from customers

        union all

        select
            customer_id, 'monetary' as feature, ln(1 + cast(average_order_value as double)) as value
        from customers

        union all

        select
            customers.customer_id,
            'likes ' || interests.category as feature,
            cast(interests.points as double) / points.points as value
        from customers
        inner join interests on customers.customer_id = interests.customer_id
        inner join points on customers.customer_id = points.customer_id
        where points.points > 0
    )

select customer_id, feature, value
from features
