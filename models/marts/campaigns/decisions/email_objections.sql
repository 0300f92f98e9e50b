-- The first rule that applies names the reason.
select
    message_id,
    customer_id,
    campaign,
    kind,
    priority,
    email_key,
    household_id,
    qualified_at,
    case
        when served_evidence is not null
        then 'already_sent'
        when expires_at <= {{ as_of() }}
        then 'expired'
        when not has_address
        then 'invalid_address'
        when not has_tied_address
        then 'address_not_tied'
        when is_suppressed
        then 'suppressed'
        when kind = 'marketing' and not has_consent
        then 'no_consent'
        when is_over
        then over_reason
        when is_order_missing
        then 'orders_not_yet_known'
        when not is_active
        then 'not_active'
        when is_open
        then 'circuit_breaker'
        when exit_evidence is not null
        then 'sequence_exited'
        when follows is not null and step_sent_at is null
        then 'previous_step'
        when is_held_out
        then 'holdout'
        when cooling_evidence is not null
        then 'cooldown'
        when send_after > {{ as_of() }}
        then 'waiting'
        when is_quiet
        then 'quiet_hours'
        when kind = 'transactional'
        then null
        when letters_today >= day_cap or letters_this_week >= week_cap
        then 'frequency_cap'
        when repeated_campaign = campaign or repeated_block = product_block
        then 'diversity'
    end as objection
from {{ ref('email_facts') }}
