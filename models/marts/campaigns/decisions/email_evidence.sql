{%- set in_a_row = var('same_letters_in_a_row').letters %}

with
    facts as (select * from {{ ref('email_facts') }}),

    objections as (select * from {{ ref('email_objections') }}),

    order_receipts as (select * from {{ ref('order_receipts') }}),

    reasons as (select * from {{ ref('decision_reasons') }})

select
    objections.message_id,
    case
        objections.objection
        when 'already_sent'
        then facts.served_evidence
        when 'expired'
        then 'too late since ' || {{ utc_text('facts.expires_at') }}
        when 'suppressed'
        then facts.suppression_evidence
        when 'no_consent'
        then facts.consent_evidence
        when 'orders_not_yet_known'
        then 'the newest order came in on ' || {{ utc_text('order_receipts.known_until') }}
        when 'not_active'
        then
            'active from '
            || coalesce(cast(facts.active_from as {{ dbt.type_string() }}), 'ever')
            || ' until '
            || coalesce(cast(facts.active_until as {{ dbt.type_string() }}), 'further notice')
        when 'circuit_breaker'
        then facts.breaker_evidence
        when 'sequence_exited'
        then facts.exit_evidence
        when 'previous_step'
        then facts.follows || ' has not gone out'
        when 'holdout'
        then facts.holdout_evidence
        when 'cooldown'
        then facts.cooling_evidence
        when 'waiting'
        then
            'not before '
            || {{ utc_text('facts.send_after') }}
            || coalesce(
                ', their best hour is '
                || cast(facts.best_hour as {{ dbt.type_string() }})
                || ' h in '
                || facts.timezone,
                ''
            )
        when 'quiet_hours'
        then
            substr(cast(facts.local_now as {{ dbt.type_string() }}), 12, 5)
            || ' in '
            || facts.timezone
            || ', not before '
            || {{ utc_text('facts.quiet_until') }}
        when 'frequency_cap'
        then
            case
                when facts.letters_today >= facts.day_cap
                then
                    {{ counted('facts.letters_today', 'letter') }}
                    || ' today, cap '
                    || cast(facts.day_cap as {{ dbt.type_string() }})
                else
                    {{ counted('facts.letters_this_week', 'letter') }}
                    || ' this week, cap '
                    || cast(facts.week_cap as {{ dbt.type_string() }})
                    || case when facts.is_fatigued then ' for the fatigued' else '' end
            end
        when 'diversity'
        then
            'the last {{ in_a_row }} letters were ' || case
                when facts.repeated_campaign = facts.campaign
                then 'of ' || facts.campaign
                else 'about ' || facts.product_block
            end
            || ' too'
        -- Of what a trigger says, and of addresses, the words are the rule's own.
        else
            lower(substr(reasons.meaning, 1, 1))
            || {{ regex_replace('substr(reasons.meaning, 2)', '[.]$', '') }}
    end as evidence
from objections
inner join facts on objections.message_id = facts.message_id
left join reasons on objections.objection = reasons.reason
cross join order_receipts
where objections.objection is not null
