-- A mart that stands here, since the profile is made of it too.
{{ config(schema='marts') }}

with
    primary_emails as (select * from {{ ref('customer_emails') }} where is_primary),

    -- An address that many share is nobody's to refuse for.
    own_emails as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where not is_not_personal
        group by customer_id, email_key
    ),

    email_consents as (select * from {{ ref('email_consents') }}),

    identity_map as (select * from {{ ref('identity_map') }}),

    -- What may be a refusal, and whose mailbox is not known: the record's customer is.
    unaddressed as (
        select source_table || ':' || source_key as record_key, purpose, occurred_at
        from {{ ref('consent_statements') }}
        where email_key is null and status in ('withdrawn', 'unknown')
    ),

    -- Refused, or said something unreadable, at a mailbox that has not agreed since. Nothing lifts
    -- a complaint.
    refusals as (
        {%- for purpose in ['marketing', 'personalization'] %}
            select
                own_emails.customer_id,
                '{{ purpose }}' as purpose,
                {%- if purpose == 'marketing' %}
                    case
                        when email_consents.is_complained
                        then {{ as_of() }}
                        else email_consents.marketing_since
                    end as refused_at
                {%- else %} email_consents.personalization_since as refused_at
                {%- endif %}
            from own_emails
            inner join email_consents on own_emails.email_key = email_consents.email_key
            where
                email_consents.{{ purpose }}_status in ('withdrawn', 'unknown')
                {%- if purpose == 'marketing' %} or email_consents.is_complained {%- endif %}
            union all
        {%- endfor %}
        select identity_map.customer_id, unaddressed.purpose, unaddressed.occurred_at as refused_at
        from unaddressed
        inner join identity_map on unaddressed.record_key = identity_map.record_key
    ),

    refused as (
        select
            customer_id,
            {%- for purpose in ['marketing', 'personalization'] %}
                max(
                    case when purpose = '{{ purpose }}' then refused_at end
                ) as {{ purpose }}_refused_at {{- ',' if not loop.last }}
            {%- endfor %}
        from refusals
        group by customer_id
    )

select
    primary_emails.customer_id,
    primary_emails.email_key,
    {%- for purpose in ['marketing', 'personalization'] %}
        case
            when
                email_consents.{{ purpose }}_status = 'granted'
                and refused.{{ purpose }}_refused_at >= email_consents.{{ purpose }}_since
            then 'withdrawn'
            else coalesce(email_consents.{{ purpose }}_status, 'unknown')
        end as {{ purpose }}_status,
        case
            when
                email_consents.{{ purpose }}_status = 'granted'
                and refused.{{ purpose }}_refused_at >= email_consents.{{ purpose }}_since
            then refused.{{ purpose }}_refused_at
            else email_consents.{{ purpose }}_since
        end as {{ purpose }}_since,
    {%- endfor %}
    refused.marketing_refused_at,
    refused.personalization_refused_at,
    email_consents.suppression_reason
from primary_emails
left join email_consents on primary_emails.email_key = email_consents.email_key
left join refused on primary_emails.customer_id = refused.customer_id
