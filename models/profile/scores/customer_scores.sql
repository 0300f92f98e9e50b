with
    features as (select * from {{ ref('customer_features') }}),

    attributes as (select * from {{ ref('customer_attributes') }}),

    engagement as (
        select customer_id, sum(points) as points
        from {{ ref('customer_engagement') }}
        group by customer_id
    ),

    lifecycle_stages as (select * from {{ ref('lifecycle_stages') }}),

    loyalty_tiers as (
        select
            loyalty_tier,
            from_revenue,
            lead(from_revenue) over (order by from_revenue) as below_revenue
        from {{ ref('loyalty_tiers') }}
    ),

    stage_limits as (
        select
            max(case when lifecycle_stage = 'new' then within_days end) as new_days,
            max(case when lifecycle_stage = 'active' then within_days end) as active_days,
            max(case when lifecycle_stage = 'at_risk' then within_days end) as at_risk_days
        from lifecycle_stages
    ),

    reachable as (
        select customer_id
        from attributes
        where attribute in ('email', 'phone')
        group by customer_id
    ),

    quintiles as (
        select
            customer_id,
            last_order_at,
            orders_count,
            lifetime_revenue,
            ntile(5) over (order by last_order_at, customer_id) as recency_quintile,
            ntile(5) over (order by orders_count, customer_id) as frequency_quintile,
            ntile(5) over (order by lifetime_revenue, customer_id) as monetary_quintile
        from features
        where orders_count > 0
    ),

    -- Customers with the same value get the same score: the lowest fifth that it reaches into.
    rfm as (
        select
            customer_id,
            min(recency_quintile) over (partition by last_order_at) as recency_score,
            min(frequency_quintile) over (partition by orders_count) as frequency_score,
            min(monetary_quintile) over (partition by lifetime_revenue) as monetary_score
        from quintiles
    ),

    scored as (
        select
            features.customer_id,
            cast(round(coalesce(engagement.points, 0)) as integer) as engagement_score,
            rfm.recency_score,
            rfm.frequency_score,
            rfm.monetary_score,
            case
                when features.orders_count = 0 and reachable.customer_id is null
                then 'visitor'
                when features.orders_count = 0
                then 'lead'
                when features.days_since_first_order < stage_limits.new_days
                then 'new'
                when features.recency_days < stage_limits.active_days
                then 'active'
                when features.recency_days < stage_limits.at_risk_days
                then 'at_risk'
                else 'lapsed'
            end as lifecycle_stage,
            loyalty_tiers.loyalty_tier
        from features
        cross join stage_limits
        left join engagement on features.customer_id = engagement.customer_id
        left join rfm on features.customer_id = rfm.customer_id
        left join reachable on features.customer_id = reachable.customer_id
        left join
            loyalty_tiers
            on features.orders_count > 0
            and features.lifetime_revenue >= loyalty_tiers.from_revenue
            and (
                loyalty_tiers.below_revenue is null
                or features.lifetime_revenue < loyalty_tiers.below_revenue
            )
    )

select
    customer_id,
    engagement_score,
    cast(recency_score as integer) as recency_score,
    cast(frequency_score as integer) as frequency_score,
    cast(monetary_score as integer) as monetary_score,
    cast(recency_score as {{ dbt.type_string() }})
    || cast(frequency_score as {{ dbt.type_string() }})
    || cast(monetary_score as {{ dbt.type_string() }}) as rfm_score,
    lifecycle_stage,
    loyalty_tier
from scored
