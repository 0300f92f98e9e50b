{#- Longer than a page, since it lists every attribute that a source may tell. -#}
{{ config(materialized='view') }}

{%- set personal = [
    'first_name', 'last_name', 'phone', 'gender', 'birth_date', 'language', 'timezone', 'country'
] %}
{%- set address = ['street_address', 'city', 'region', 'postal_code'] %}

with
    records as (select * from {{ ref('customer_records') }}),

    surveys as (select * from {{ ref('stg_crm__surveys') }}),

    enrichment as (select * from {{ ref('stg_crm__enrichment') }}),

    identifiers as (select * from {{ ref('customer_identifiers') }}),

    -- What is said at a mailbox is said at no other.
    mailboxes as (
        select
            customer_id,
            email_key,
            {{ first_by('key_group', 'mailboxes_count * 1000000000000 + key_group') }} as key_group
        from {{ ref('key_group_mailboxes') }}
        group by customer_id, email_key
    ),

    genders as (select * from {{ ref('genders') }}),

    said_of_addresses as (
        select
            email_key,
            lower(question) as attribute,
            answer as given_value,
            lower(answer) as word,
            'crm.surveys' as source,
            submitted_at as observed_at,
            'crm.surveys:' || response_id || ':' || question as record_key
        from surveys

        union all

        select
            email_key,
            lower(attribute) as attribute,
            attribute_value as given_value,
            lower(attribute_value) as word,
            'crm.enrichment' as source,
            observed_at,
            'crm.enrichment:' || enrichment_id as record_key
        from enrichment
    ),

    -- What forms and third parties say is raw: where an attribute has a fixed form, only that
    -- counts.
    valid_statements as (
        select
            identifiers.customer_id,
            mailboxes.key_group,
            case
                said.attribute when 'urbanicity' then 'is_urban' else said.attribute
            end as attribute,
            case
                when said.attribute = 'birth_date'
                then cast({{ parse_date('said.given_value') }} as {{ dbt.type_string() }})
                when said.attribute = 'gender'
                then genders.gender
                when said.attribute = 'is_urban' and said.word in ('true', 'yes', 'y', '1')
                then 'true'
                when said.attribute = 'is_urban' and said.word in ('false', 'no', 'n', '0')
                then 'false'
                when said.attribute = 'urbanicity' and said.word = 'urban'
                then 'true'
                when said.attribute = 'urbanicity' and said.word in ('suburban', 'rural')
                then 'false'
                when said.attribute not in ('is_urban', 'urbanicity')
                then said.given_value
            end as attribute_value,
            said.source,
            said.observed_at,
            said.record_key
        from said_of_addresses as said
        inner join
            identifiers
            on said.email_key = identifiers.identifier_value
            and identifiers.identifier_type = 'email'
        left join
            mailboxes
            on identifiers.customer_id = mailboxes.customer_id
            and identifiers.identifier_value = mailboxes.email_key
        left join genders on said.word = genders.alias
        where
            identifiers.customer_id is not null
            and said.word not in ('-', '?', 'n/a', 'na', 'none', 'null', 'unknown', 'undefined')
    ),

    candidates as (
        {%- for attribute in personal + address %}
            select
                customer_id,
                key_group,
                '{{ attribute }}' as attribute,
                '{{ "address" if attribute in address else attribute }}' as attribute_group,
                cast({{ attribute }} as {{ dbt.type_string() }}) as attribute_value,
                source,
                observed_at,
                record_key,
                {{ "has_no_place" if attribute in address + ['country'] else 'false' }}
                as is_partial
            from records
            where {{ attribute }} is not null

            union all
        {%- endfor %}

        select
            customer_id,
            key_group,
            attribute,
            attribute as attribute_group,
            attribute_value,
            source,
            observed_at,
            record_key,
            false as is_partial
        from valid_statements
        where attribute_value is not null
    )

select
    customer_id,
    key_group,
    attribute,
    attribute_group,
    attribute_value,
    source,
    observed_at,
    record_key,
    is_partial
from candidates
where
    attribute <> 'birth_date'
    or (
        attribute_value <= cast(cast({{ as_of() }} as date) as {{ dbt.type_string() }})
        and attribute_value
        >= cast({{ add_years('cast(' ~ as_of() ~ ' as date)', -120) }} as {{ dbt.type_string() }})
    )
