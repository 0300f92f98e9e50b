{#- Cents are cut where the shares so far add up to, so that no cent is lost or made. -#}
with
    order_touches as (select * from {{ ref('order_touches') }}),

    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    converted as (select count(distinct order_id) as orders_count from order_touches),

    -- What would be lost if a campaign led nowhere: the share of touched orders on whose path it
    -- is.
    removal_effects as (
        select
            order_touches.campaign,
            cast(count(distinct order_touches.order_id) as double)
            / max(converted.orders_count) as effect
        from order_touches
        cross join converted
        group by order_touches.campaign
    ),

    weighted as (
        select
            order_touches.*,
            case when touch_number = touches_count then 1.0 else 0.0 end as last_touch,
            case
                when touches_count = 1
                then 1.0
                when touches_count = 2
                then 0.5
                when touch_number in (1, touches_count)
                then 0.4
                else 0.2 / (touches_count - 2)
            end as position_based,
            removal_effects.effect
            / sum(removal_effects.effect) over (partition by order_touches.order_id) as data_driven
        from order_touches
        inner join removal_effects on order_touches.campaign = removal_effects.campaign
    ),

    shares as (
        {% for model in attribution_models() %}
            select
                '{{ model }}' as attribution_model,
                order_id,
                message_id,
                campaign,
                touch_number,
                touches_count,
                cast({{ model }} as double) as share
            from weighted {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    added_up as (
        select
            *,
            case
                when touch_number = touches_count
                then 1.0
                else
                    sum(share) over (partition by attribution_model, order_id order by touch_number)
            end as share_so_far
        from shares
    ),

    attributed as (
        select
            added_up.*,
            round(added_up.share_so_far * cast(orders.revenue_base as double) * 100) as cents_so_far
        from added_up
        inner join orders on added_up.order_id = orders.order_id
    )

select
    attribution_model,
    order_id,
    message_id,
    campaign,
    touch_number,
    share,
    cast(
        (
            cents_so_far - coalesce(
                lag(cents_so_far) over (
                    partition by attribution_model, order_id order by touch_number
                ),
                0
            )
        )
        / 100 as decimal(18, 2)
    ) as revenue_base
from attributed

union all

-- Orders that no letter touched.
select
    models.attribution_model,
    orders.order_id,
    null as message_id,
    null as campaign,
    0 as touch_number,
    1.0 as share,
    orders.revenue_base
from orders
cross join
    (
        {% for model in attribution_models() %}
            select '{{ model }}' as attribution_model {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as models
left join order_touches on orders.order_id = order_touches.order_id
where order_touches.order_id is null
