{#- What is beside a segment's own history. -#}
{%- set recent_days = 30 -%}

with
    message_facts as (
        select
            *,
            case when sent_at > {{ add_days(as_of(), -recent_days) }} then 1 else 0 end as is_recent
        from {{ ref('message_facts') }}
    ),

    segment_catalog as (select * from {{ ref('segment_catalog') }}),

    customers as (select * from {{ ref('customers') }}),

    memberships as (select * from {{ ref('segment_memberships') }}),

    -- Letters to whoever is a member today, also those from before they were.
    letters as (
        select
            memberships.segment,
            count(*) as sent_count,
            count(message_facts.delivered_at) as delivered_count,
            count(message_facts.first_human_click_at) as clicked_count,
            count(message_facts.unsubscribed_at) as unsubscribed_count,
            sum(
                case when message_facts.delivered_at is not null then is_recent else 0 end
            ) as recent_delivered_count,
            sum(
                case when message_facts.first_human_click_at is not null then is_recent else 0 end
            ) as recent_clicked_count,
            sum(message_facts.orders_last_touch) as orders_last_touch,
            cast(sum(message_facts.revenue_last_touch) as decimal(18, 2)) as revenue_last_touch
        from message_facts
        inner join memberships on message_facts.customer_id = memberships.customer_id
        group by memberships.segment
    ),

    members as (
        select
            memberships.segment,
            avg(cast(customers.engagement_score as double)) as engagement_score_mean,
            avg(cast(customers.orders_180d as double)) as orders_180d_mean,
            avg(cast(customers.lifetime_revenue as double)) as lifetime_revenue_mean
        from memberships
        inner join customers on memberships.customer_id = customers.customer_id
        group by memberships.segment
    ),

    rated as (
        select
            segment_catalog.name as segment,
            segment_catalog.size as members_count,
            members.engagement_score_mean,
            members.orders_180d_mean,
            members.lifetime_revenue_mean,
            coalesce(letters.sent_count, 0) as sent_count,
            coalesce(letters.delivered_count, 0) as delivered_count,
            coalesce(letters.clicked_count, 0) as clicked_count,
            coalesce(letters.unsubscribed_count, 0) as unsubscribed_count,
            cast(letters.clicked_count as double)
            / nullif(letters.delivered_count, 0) as click_rate,
            cast(letters.recent_clicked_count as double)
            / nullif(letters.recent_delivered_count, 0) as recent_click_rate,
            cast(letters.clicked_count - letters.recent_clicked_count as double) / nullif(
                letters.delivered_count - letters.recent_delivered_count, 0
            ) as earlier_click_rate,
            letters.orders_last_touch / nullif(letters.delivered_count, 0) as order_rate,
            coalesce(letters.orders_last_touch, 0) as orders_last_touch,
            coalesce(letters.revenue_last_touch, 0) as revenue_last_touch
        from segment_catalog
        left join members on segment_catalog.name = members.segment
        left join letters on segment_catalog.name = letters.segment
    ),

    ranked as (
        select
            segment,
            ntile(4) over (order by click_rate, segment) as click_rate_quartile,
            ntile(4) over (order by order_rate, segment) as order_rate_quartile
        from rated
        where click_rate is not null
    )

select
    rated.segment,
    rated.members_count,
    rated.engagement_score_mean,
    rated.orders_180d_mean,
    rated.lifetime_revenue_mean,
    cast(rated.sent_count as bigint) as sent_count,
    cast(rated.delivered_count as bigint) as delivered_count,
    cast(rated.clicked_count as bigint) as clicked_count,
    cast(rated.unsubscribed_count as bigint) as unsubscribed_count,
    rated.click_rate,
    {{ wilson_low('rated.clicked_count', 'rated.delivered_count') }} as click_rate_low,
    {{ wilson_high('rated.clicked_count', 'rated.delivered_count') }} as click_rate_high,
    cast(ranked.click_rate_quartile as integer) as click_rate_quartile,
    rated.recent_click_rate,
    rated.earlier_click_rate,
    rated.order_rate,
    cast(ranked.order_rate_quartile as integer) as order_rate_quartile,
    rated.orders_last_touch,
    cast(rated.revenue_last_touch as decimal(18, 2)) as revenue_last_touch
from rated
left join ranked on rated.segment = ranked.segment
