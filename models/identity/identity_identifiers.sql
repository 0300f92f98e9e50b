{{ config(materialized='table') }}

with edges as (
    select * from {{ ref('identity_edges') }}
    where identifier_value is not null
),

-- Nobody is looked up by a basket or a visit.
personal as (
    select * from {{ ref('identifier_limits') }}
    where is_personal
),

identifiers as (
    select identifiers.*
    from {{ ref('identity_record_identifiers') }} as identifiers
    inner join personal on identifiers.identifier_type = personal.identifier_type
),

map as (select * from {{ ref('identity_map') }}),

-- An address resolves as it is written, and in its comparison form.
forms as (
    select record_key, identifier_type, identifier_value, identifier_value as form, observed_at
    from identifiers
    union all
    select record_key, identifier_type, identifier_value, shown_value, observed_at
    from identifiers
    where shown_value <> identifier_value
),

linked as (
    select
        forms.identifier_type,
        forms.form as identifier_value,
        map.customer_id,
        min(forms.observed_at) as first_seen_at,
        max(forms.observed_at) as last_seen_at
    from forms
    inner join edges
        on forms.record_key = edges.record_key
        and forms.identifier_type = edges.identifier_type
        and forms.identifier_value = edges.identifier_value
    inner join map on forms.record_key = map.record_key
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
