with
    candidates as (select * from {{ ref('email_candidates') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    limits as (select * from {{ ref('customer_letter_limits') }}),

    timing as (select * from {{ ref('email_timing') }}),

    breakers as (select * from {{ ref('campaign_circuit_breakers') }}),

    served as (select * from {{ ref('occasions_served') }}),

    exits as (select * from {{ ref('sequence_exits') }}),

    cooling as (select * from {{ ref('letters_cooling_down') }})

select
    candidates.message_id,
    candidates.customer_id,
    candidates.campaign,
    candidates.occasion,
    candidates.kind,
    candidates.priority,
    candidates.email,
    candidates.email_key,
    candidates.qualified_at,
    candidates.expires_at,
    candidates.has_address,
    candidates.has_tied_address,
    candidates.is_suppressed,
    candidates.suppression_evidence,
    candidates.has_consent,
    candidates.consent_evidence,
    candidates.is_over,
    candidates.over_reason,
    candidates.is_order_missing,
    candidates.experiment,
    candidates.variant,
    candidates.is_held_out,
    candidates.holdout_evidence,
    served.evidence as served_evidence,
    campaigns.active_from,
    campaigns.active_until,
    cast(
        {{ as_of() }} as date
    ) between coalesce(campaigns.active_from, date '0001-01-01') and coalesce(
        campaigns.active_until, date '9999-12-31'
    ) as is_active,
    breakers.is_open,
    breakers.evidence as breaker_evidence,
    exits.evidence as exit_evidence,
    cooling.evidence as cooling_evidence,
    campaigns.product_block,
    campaigns.follows,
    timing.step_sent_at,
    coalesce(timing.send_after, candidates.send_after) as send_after,
    timing.best_hour,
    timing.is_quiet,
    timing.quiet_until,
    timing.timezone,
    timing.local_now,
    limits.letters_today,
    limits.day_cap,
    limits.letters_this_week,
    limits.week_cap,
    limits.is_fatigued,
    limits.repeated_campaign,
    limits.repeated_block,
    limits.household_id
from candidates
inner join campaigns on candidates.campaign = campaigns.campaign
inner join breakers on candidates.campaign = breakers.campaign
inner join limits on candidates.customer_id = limits.customer_id
inner join timing on candidates.message_id = timing.message_id
left join served on candidates.message_id = served.message_id
left join exits on candidates.message_id = exits.message_id
left join cooling on candidates.message_id = cooling.message_id
