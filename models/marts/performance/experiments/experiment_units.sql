{%- set windows = var('experiment_windows') %}

with
    assignments as (select * from {{ ref('experiment_assignments') }}),

    message_facts as (select * from {{ ref('message_facts') }} where customer_id is not null),

    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    assigned as (select campaign from assignments group by campaign),

    units as (
        select
            experiment,
            campaign,
            customer_id,
            arm,
            assigned_at as started_at,
            share,
            factors,
            1 as arms_count
        from assignments

        union all

        -- Another sender's variants: no draw is known, only what went out.
        select
            message_facts.campaign as experiment,
            message_facts.campaign,
            message_facts.customer_id,
            min(message_facts.variant) as arm,
            min(message_facts.sent_at) as started_at,
            cast(null as double) as share,
            cast(null as {{ dbt.type_string() }}) as factors,
            count(distinct message_facts.variant) as arms_count
        from message_facts
        left join assigned on message_facts.campaign = assigned.campaign
        where message_facts.variant is not null and assigned.campaign is null
        group by message_facts.campaign, message_facts.customer_id
    ),

    reactions as (
        select
            units.experiment,
            units.customer_id,
            max(
                case when message_facts.first_human_click_at is not null then 1 else 0 end
            ) as clicked,
            max(
                case when message_facts.unsubscribed_at is not null then 1 else 0 end
            ) as unsubscribed
        from units
        inner join
            message_facts
            on units.customer_id = message_facts.customer_id
            and units.campaign in (message_facts.campaign, 'all_campaigns')
            and message_facts.sent_at >= units.started_at
            and message_facts.sent_at < {{ add_days('units.started_at', windows.after_days) }}
        group by units.experiment, units.customer_id
    ),

    bought as (
        select
            units.experiment,
            units.customer_id,
            sum(case when orders.created_at >= units.started_at then 1 else 0 end) as orders_count,
            sum(
                case when orders.created_at >= units.started_at then orders.revenue_base else 0 end
            ) as revenue,
            sum(
                case when orders.created_at < units.started_at then orders.revenue_base else 0 end
            ) as revenue_before
        from units
        inner join
            orders
            on units.customer_id = orders.customer_id
            and orders.created_at >= {{ add_days('units.started_at', -windows.before_days) }}
            and orders.created_at < {{ add_days('units.started_at', windows.after_days) }}
        group by units.experiment, units.customer_id
    )

select
    units.experiment,
    units.customer_id,
    units.arm,
    units.share,
    units.factors,
    units.started_at,
    -- Somebody who saw two arms is evidence for neither.
    units.arms_count > 1 as is_crossed,
    {{ add_days('units.started_at', windows.after_days) }} <= {{ as_of() }} as is_complete,
    coalesce(reactions.clicked, 0) as clicked,
    coalesce(reactions.unsubscribed, 0) as unsubscribed,
    cast(coalesce(bought.orders_count, 0) as bigint) as orders_count,
    cast(coalesce(bought.revenue, 0) as decimal(18, 2)) as revenue,
    cast(coalesce(bought.revenue_before, 0) as decimal(18, 2)) as revenue_before
from units
left join
    reactions
    on units.experiment = reactions.experiment
    and units.customer_id = reactions.customer_id
left join bought on units.experiment = bought.experiment and units.customer_id = bought.customer_id
