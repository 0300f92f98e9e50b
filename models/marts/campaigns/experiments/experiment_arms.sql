{%- set salt = var('draw_salt') %}

with
    experiments as (select * from {{ ref('experiments') }}),

    campaign_occasions as (select * from {{ ref('campaign_occasions') }}),

    customer_id_changes as (select * from {{ ref('customer_id_changes') }}),

    ledger as ({{ ledger_rows('experiment_assignments', experiment_assignment_columns()) }}),

    -- What was drawn once stays, also when a customer was merged: of several the first.
    recorded as (
        select
            ledger.campaign,
            ledger.experiment,
            customer_id_changes.current_customer_id as customer_id,
            ledger.arm,
            row_number() over (
                partition by
                    ledger.campaign, ledger.experiment, customer_id_changes.current_customer_id
                order by ledger.assigned_at, ledger.customer_id
            ) as place
        from ledger
        inner join customer_id_changes on ledger.customer_id = customer_id_changes.customer_id
        -- Before the clock, not at it: a second run sees what the first one saw.
        where ledger.assigned_at < {{ as_of() }}
    ),

    subjects as (
        select campaign, customer_id
        from campaign_occasions
        group by campaign, customer_id

        union all

        select 'all_campaigns' as campaign, customer_id
        from campaign_occasions
        where kind = 'marketing'
        group by customer_id
    ),

    -- The oldest id of a customer survives a merge: the id is the one first issued.
    draws as (
        select
            subjects.campaign,
            subjects.customer_id,
            names.experiment,
            {{ hash_share(
            "'" ~ salt ~ "|holdout|' || subjects.campaign || '|' || subjects.customer_id"
        ) }} as holdout_draw,
            {{ hash_share(
            "'" ~ salt ~ "|variant|' || names.experiment || '|' || subjects.customer_id"
        ) }} as variant_draw
        from subjects
        inner join
            (select campaign, experiment from experiments group by campaign, experiment) as names
            on subjects.campaign = names.campaign
    ),

    drawn as (
        select
            draws.campaign,
            draws.experiment,
            draws.customer_id,
            case
                when draws.holdout_draw < holdouts.share then holdouts.arm else variants.arm
            end as arm
        from draws
        inner join
            experiments as variants
            on draws.campaign = variants.campaign
            and not variants.is_holdout
            and draws.variant_draw >= variants.draws_from
            and draws.variant_draw < variants.draws_to
        left join
            experiments as holdouts on draws.campaign = holdouts.campaign and holdouts.is_holdout
    )

select
    drawn.campaign,
    drawn.experiment,
    drawn.customer_id,
    coalesce(kept.arm, drawn.arm) as arm,
    experiments.is_holdout,
    experiments.share,
    experiments.template,
    recorded.arm is not null as is_recorded
from drawn
left join
    recorded
    on drawn.campaign = recorded.campaign
    and drawn.experiment = recorded.experiment
    and drawn.customer_id = recorded.customer_id
    and recorded.place = 1
-- An arm that there is no more lets go of whoever was in it.
left join experiments as kept on recorded.campaign = kept.campaign and recorded.arm = kept.arm
inner join
    experiments
    on drawn.campaign = experiments.campaign
    and coalesce(kept.arm, drawn.arm) = experiments.arm
