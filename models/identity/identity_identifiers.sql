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
    where
        reason not in (
            'different_given_names',
            'different_name_suffixes',
            'different_birth_dates',
            'ambiguous_name'
        )
    union
    select
        record_key,
        identifier_type,
        identifier_value
    from cut_links
),

linked as {{ inline_cte() }} (
    select
        looked_at.identifier_type,
        looked_at.form as identifier_value,
        map.customer_id,
        map.component,
        looked_at.observed_at
    from looked_at
    inner join personal on looked_at.identifier_type = personal.identifier_type
    inner join map on looked_at.record_key = map.record_key
    left join unlinked
        on looked_at.record_key = unlinked.record_key
        and looked_at.identifier_type = unlinked.identifier_type
        and looked_at.identifier_value = unlinked.identifier_value
    where unlinked.record_key is null
),

-- Most values have one holder, who need not be looked for among others.
held as (
    select
        identifier_type,
        identifier_value,
        min(customer_id) as customer_id,
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at,
        min(customer_id) <> max(customer_id) as is_shared
    from linked
    group by identifier_type, identifier_value
),

holders as (
    select
        linked.identifier_type,
        linked.identifier_value,
        linked.customer_id,
        linked.component,
        min(linked.observed_at) as first_seen_at,
        max(linked.observed_at) as last_seen_at
    from linked
    inner join held
        on linked.identifier_type = held.identifier_type
        and linked.identifier_value = held.identifier_value
    where held.is_shared
    group by
        linked.identifier_type, linked.identifier_value, linked.customer_id, linked.component
),

ranked as (
    select
        *,
        row_number() over (
            partition by identifier_type, identifier_value
            order by first_seen_at, component
        ) as seniority
    from holders
)

select
    identifier_type,
    identifier_value,
    customer_id,
    first_seen_at,
    last_seen_at,
    is_shared
from held
where not is_shared
union all
select
    identifier_type,
    identifier_value,
    customer_id,
    first_seen_at,
    last_seen_at,
    true
from ranked
where seniority = 1
