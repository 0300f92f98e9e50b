{{ config(
    materialized='scoped',
    replaces=[
        ['customer_id', 'identity_changed_customers'],
        ['identifier_type, identifier_value', 'identity_changed_identifiers'],
    ],
) }}

with identifiers as {{ inline_cte() }} (select * from {{ ref('identity_record_identifiers') }}),

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
    union all
    select
        record_key,
        identifier_type,
        identifier_value,
        shown_value,
        observed_at
    from identifiers
    where shown_value <> identifier_value
),

looked_at as (
    select forms.*
    from forms
    where
        {{ run_is_full() | lower }}
        or (forms.identifier_type, forms.form) in (
            select
                changed.identifier_type,
                changed.identifier_value
            from changed
        )
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
        looked_at.identifier_type,
        looked_at.form as identifier_value,
        map.customer_id,
        map.component,
        min(looked_at.observed_at) as first_seen_at,
        max(looked_at.observed_at) as last_seen_at
    from looked_at
    inner join personal on looked_at.identifier_type = personal.identifier_type
    inner join map on looked_at.record_key = map.record_key
    left join unlinked
        on looked_at.record_key = unlinked.record_key
        and looked_at.identifier_type = unlinked.identifier_type
        and looked_at.identifier_value = unlinked.identifier_value
    where unlinked.record_key is null
    group by looked_at.identifier_type, looked_at.form, map.customer_id, map.component
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
            order by first_seen_at, component
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
