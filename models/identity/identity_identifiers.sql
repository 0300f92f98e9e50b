{{ config(
    materialized='scoped',
    replaces=[
        ['customer_id', 'identity_changed_customers'],
        ['identifier_type, identifier_value', 'identity_changed_identifiers'],
    ],
) }}

with identifiers as (select * from {{ ref('identity_record_identifiers') }}),

changed as (select * from {{ ref('identity_changed_identifiers') }}),

refusals as (select * from {{ ref('identity_refusals') }}),

cut_links as (select * from {{ ref('identity_cut_links') }}),

map as (select * from {{ ref('identity_map') }}),

-- Nobody is looked up by a basket or a visit.
personal as (
    select * from {{ ref('identifier_limits') }}
    where is_personal
),

-- An address resolves as it is written, and in its comparison form.
forms as (
    select
        record_key,
        identifier_type,
        identifier_value,
        identifier_value as form,
        observed_at
    from identifiers
    {%- if not run_is_full() %}
        where
            (identifier_type, identifier_value)
            in (select changed.identifier_type, changed.identifier_value from changed)
    {%- endif %}
    union all
    select
        record_key,
        identifier_type,
        identifier_value,
        shown_value,
        observed_at
    from identifiers
    where
        shown_value <> identifier_value
        {%- if not run_is_full() %}
            and (identifier_type, shown_value)
            in (select changed.identifier_type, changed.identifier_value from changed)
        {%- endif %}
),

-- What did not link the record with anybody does not tell who it is.
unlinked as (
    select
        record_key,
        identifier_type,
        identifier_value
    from refusals
    where reason not in ('different_given_names', 'different_birth_dates', 'ambiguous_name')
    union
    select
        record_key,
        identifier_type,
        identifier_value
    from cut_links
),

linked as (
    select
        forms.identifier_type,
        forms.form as identifier_value,
        map.customer_id,
        min(forms.observed_at) as first_seen_at,
        max(forms.observed_at) as last_seen_at
    from forms
    inner join personal on forms.identifier_type = personal.identifier_type
    inner join map on forms.record_key = map.record_key
    left join unlinked
        on forms.record_key = unlinked.record_key
        and forms.identifier_type = unlinked.identifier_type
        and forms.identifier_value = unlinked.identifier_value
    where unlinked.record_key is null
    group by forms.identifier_type, forms.form, map.customer_id
),

ranked as (
    select
        identifier_type,
        identifier_value,
        customer_id,
        first_seen_at,
        last_seen_at,
        row_number() over (
            partition by identifier_type, identifier_value
            order by first_seen_at, customer_id
        ) as seniority,
        count(*) over (partition by identifier_type, identifier_value) as holders_count
    from linked
)

select
    identifier_type,
    identifier_value,
    customer_id,
    first_seen_at,
    last_seen_at,
    holders_count > 1 as is_shared
from ranked
where seniority = 1
