{%- set windows = var('experiment_windows') %}

with
    message_facts as (
        select *
        from {{ ref('message_facts') }}
        where customer_id is not null and variant is not null
    ),

    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    -- What a campaign's letters were written in; several variants make it an experiment.
    exposures as (
        select
            campaign as experiment,
            customer_id,
            min(variant) as arm,
            count(distinct variant) as arms_count,
            min(sent_at) as started_at,
            max(case when first_human_click_at is not null then 1 else 0 end) as clicked,
            max(case when unsubscribed_at is not null then 1 else 0 end) as unsubscribed
        from message_facts
        group by campaign, customer_id
    ),

    experiments as (
        select experiment from exposures group by experiment having count(distinct arm) > 1
    ),

    bought as (
        select
            exposures.experiment,
            exposures.customer_id,
            sum(
                case when orders.created_at >= exposures.started_at then 1 else 0 end
            ) as orders_count,
            sum(
                case
                    when orders.created_at >= exposures.started_at
                    then coalesce(orders.revenue_base, 0)
                    else 0
                end
            ) as revenue,
            sum(
                case
                    when orders.created_at < exposures.started_at
                    then coalesce(orders.revenue_base, 0)
                    else 0
                end
            ) as revenue_before
        from exposures
        inner join
            orders
            on exposures.customer_id = orders.customer_id
            and orders.created_at >= {{ add_days('exposures.started_at', -windows.before_days) }}
            and orders.created_at < {{ add_days('exposures.started_at', windows.after_days) }}
        group by exposures.experiment, exposures.customer_id
    )

select
    exposures.experiment,
    exposures.customer_id,
    exposures.arm,
    exposures.started_at,
    -- Somebody who saw two arms is evidence for neither.
    exposures.arms_count > 1 as is_crossed,
    {{ add_days('exposures.started_at', windows.after_days) }} <= {{ as_of() }} as is_complete,
    exposures.clicked,
    exposures.unsubscribed,
    cast(coalesce(bought.orders_count, 0) as bigint) as orders_count,
    cast(coalesce(bought.revenue, 0) as decimal(18, 2)) as revenue,
    cast(coalesce(bought.revenue_before, 0) as decimal(18, 2)) as revenue_before
from exposures
inner join experiments on exposures.experiment = experiments.experiment
left join
    bought
    on exposures.experiment = bought.experiment
    and exposures.customer_id = bought.customer_id
