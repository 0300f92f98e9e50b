{#- Longer than a page, since each source mentions addresses in its own way. -#}
with
    record_identifiers as (select * from {{ ref('identity_record_values') }}),

    identity_map as (select * from {{ ref('identity_map') }}),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    trust as (select * from {{ ref('attribute_trust') }}),

    email_consents as (select * from {{ ref('email_consents') }}),

    given_up_emails as (select * from {{ ref('given_up_emails') }}),

    -- Records of mailboxes know the comparison form only; the address is written where it came
    -- from.
    mentions as (
        select record_key, shown_value as email, identifier_value as email_key, observed_at
        from record_identifiers
        where
            identifier_type = 'email'
            and split_part(record_key, ':', 1)
            not in ('crm.consents', 'crm.surveys', 'email.clicks')
        {%- for source, model, observed_at, is_mention in [
        ('crm.consents', 'stg_crm__consents', 'occurred_at', 'true'),
        ('crm.surveys', 'stg_crm__surveys', 'submitted_at', 'true'),
        ('email.clicks', 'email_events', 'occurred_at',
         "event_type = 'clicked' and not is_machine"),
    ] %}
            union all
            select
                '{{ source }}:' || email_key as record_key,
                email,
                email_key,
                {{ observed_at }} as observed_at
            from {{ ref(model) }}
            where {{ is_mention }}
        {%- endfor %}
    ),

    mapped as (
        select
            identity_map.customer_id,
            mentions.*,
            case
                when identity_map.source_table in ('web.users', 'web.identify')
                then 'web.events'
                when identity_map.source_table = 'email.clicks'
                then 'email.events'
                else identity_map.source_table
            end as source
        from mentions
        inner join identity_map on mentions.record_key = identity_map.record_key
        where mentions.email is not null
    ),

    numbered as (
        select
            mapped.*,
            coalesce(trust.trust, 9) as trust,
            row_number() over (
                partition by mapped.customer_id, mapped.email
                order by
                    coalesce(trust.trust, 9), mapped.observed_at desc nulls last, mapped.record_key
            ) as choice,
            max(mapped.observed_at) over (
                partition by mapped.customer_id, mapped.email
            ) as last_seen_at
        from mapped
        left join trust on mapped.source = trust.source and trust.attribute_group = 'email'
    ),

    addresses as (
        select
            numbered.*,
            blocked_values.identifier_value is not null as is_not_personal,
            coalesce(email_consents.marketing_status, 'unknown') as marketing_status,
            email_consents.suppression_reason,
            coalesce(given_up_emails.given_up_at > numbered.last_seen_at, false) as is_given_up,
            greatest(
                coalesce(email_consents.last_engaged_at, {{ long_ago() }}),
                coalesce(numbered.last_seen_at, {{ long_ago() }})
            ) as last_active_at
        from numbered
        left join
            blocked_values
            on numbered.email_key = blocked_values.identifier_value
            and blocked_values.identifier_type = 'email'
        left join email_consents on numbered.email_key = email_consents.email_key
        left join
            given_up_emails
            on numbered.customer_id = given_up_emails.customer_id
            and numbered.email_key = given_up_emails.email_key
        where numbered.choice = 1
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id
                order by
                    case when is_given_up then 1 else 0 end,
                    case when is_not_personal then 1 else 0 end,
                    case when suppression_reason in ('complaint', 'hard_bounce') then 1 else 0 end,
                    case when marketing_status = 'granted' then 0 else 1 end,
                    case when suppression_reason is null then 0 else 1 end,
                    last_active_at desc,
                    trust,
                    email
            ) as preference
        from addresses
    )

select
    customer_id,
    email,
    email_key,
    preference = 1 and not is_not_personal and not is_given_up as is_primary,
    preference,
    is_not_personal,
    is_given_up,
    marketing_status,
    suppression_reason,
    source,
    observed_at,
    record_key,
    last_active_at
from ranked
