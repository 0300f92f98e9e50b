{{ config(
    alias='experiment_assignments',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

{%- set columns = experiment_assignment_columns() %}

with
    ledger as ({{ ledger_rows('experiment_assignments', columns) }}),

    email_decisions as (select * from {{ ref('email_decisions') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    decision_reasons as (select * from {{ ref('decision_reasons') }}),

    experiment_arms as (select * from {{ ref('experiment_arms') }}),

    held_out_of_all as (
        select customer_id from experiment_arms where campaign = 'all_campaigns' and is_holdout
    ),

    -- Who would get a letter but for the draw, or what is asked after it.
    reached as (
        select email_decisions.campaign, email_decisions.customer_id, campaigns.kind
        from email_decisions
        inner join campaigns on email_decisions.campaign = campaigns.campaign
        inner join decision_reasons on email_decisions.reason = decision_reasons.reason
        inner join decision_reasons as holdout on holdout.reason = 'holdout'
        where decision_reasons.place >= holdout.place
        group by email_decisions.campaign, email_decisions.customer_id, campaigns.kind
    ),

    assigned as (
        select
            experiment_arms.campaign,
            experiment_arms.experiment,
            experiment_arms.customer_id,
            experiment_arms.arm
        from experiment_arms
        inner join
            reached
            on experiment_arms.customer_id = reached.customer_id
            and (
                experiment_arms.campaign = reached.campaign
                or (experiment_arms.campaign = 'all_campaigns' and reached.kind = 'marketing')
            )
        left join held_out_of_all on experiment_arms.customer_id = held_out_of_all.customer_id
        where
            not experiment_arms.is_recorded
            -- Who is kept from all letters says nothing about one campaign.
            and (experiment_arms.campaign = 'all_campaigns' or held_out_of_all.customer_id is null)
        group by
            experiment_arms.campaign,
            experiment_arms.experiment,
            experiment_arms.customer_id,
            experiment_arms.arm
    )

select
    assigned.campaign,
    assigned.experiment,
    assigned.customer_id,
    assigned.arm,
    {{ as_of() }} as assigned_at
from assigned
left join
    ledger
    on assigned.campaign = ledger.campaign
    and assigned.experiment = ledger.experiment
    and assigned.customer_id = ledger.customer_id
where ledger.customer_id is null
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}
