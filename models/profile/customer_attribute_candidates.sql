{{ config(materialized='view') }}

{%- set personal = [
    'first_name', 'last_name', 'phone', 'gender', 'birth_date', 'language', 'timezone', 'country'
] %}
{%- set address = ['street_address', 'city', 'region', 'postal_code'] %}

with records as (
    select * from {{ ref('customer_records') }}
),

surveys as (
    select * from {{ ref('stg_crm__surveys') }}
),

enrichment as (
    select * from {{ ref('stg_crm__enrichment') }}
),

email_owners as (
    select
        identifier_value as email_key,
        customer_id
    from {{ ref('identity_identifiers') }}
    where identifier_type = 'email' and customer_id is not null
),

genders as (
    select * from {{ ref('genders') }}
),

said_of_addresses as (
    select
        email_key,
        lower(question) as attribute,
        answer as given_value,
        'crm.surveys' as source,
        submitted_at as observed_at,
        'crm.surveys:' || response_id || ':' || question as record_key
    from surveys

    union all

    select
        email_key,
        lower(attribute) as attribute,
        attribute_value as given_value,
        'crm.enrichment' as source,
        observed_at,
        'crm.enrichment:' || enrichment_id as record_key
    from enrichment
),

-- What forms and third parties say is raw: where an attribute has a fixed form, only that counts.
valid_statements as (
    select
        email_owners.customer_id,
        case said_of_addresses.attribute
            when 'urbanicity' then 'is_urban' else said_of_addresses.attribute
        end as attribute,
        case said_of_addresses.attribute
            when 'birth_date'
                then cast(
                        {{ parse_date('said_of_addresses.given_value') }} as {{ dbt.type_string() }}
                    )
            when 'gender' then genders.gender
            when 'is_urban'
                then case
                        when lower(said_of_addresses.given_value) in ('true', 'yes', 'y', '1')
                            then 'true'
                        when lower(said_of_addresses.given_value) in ('false', 'no', 'n', '0')
                            then 'false'
                    end
            when 'urbanicity'
                then case
                        when lower(said_of_addresses.given_value) = 'urban' then 'true'
                        when
                            lower(said_of_addresses.given_value) in ('suburban', 'rural')
                            then 'false'
                    end
            else said_of_addresses.given_value
        end as attribute_value,
        said_of_addresses.source,
        said_of_addresses.observed_at,
        said_of_addresses.record_key
    from said_of_addresses
    inner join email_owners on said_of_addresses.email_key = email_owners.email_key
    left join genders on lower(said_of_addresses.given_value) = genders.alias
    where lower(said_of_addresses.given_value) not in (
            '-', '?', 'n/a', 'na', 'none', 'null', 'unknown', 'undefined'
        )
),

candidates as (
    {%- for attribute in personal + address %}
        select
            customer_id,
            '{{ attribute }}' as attribute,
            '{{ "address" if attribute in address else attribute }}' as attribute_group,
            cast({{ attribute }} as {{ dbt.type_string() }}) as attribute_value,
            source,
            observed_at,
            record_key,
            {{ "has_no_place" if attribute in address + ['country'] else 'false' }} as is_partial
        from records
        where {{ attribute }} is not null

        union all
    {%- endfor %}

    select
        customer_id,
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
        and attribute_value > '1900-01-01'
    )
