-- A mart that stands here, since devices and profiles are made of it too.
{{ config(schema='marts') }}

with
    record_values as (select * from {{ ref('identity_record_values') }}),

    refusals as (select * from {{ ref('identity_refusals') }}),

    map as (select * from {{ ref('identity_map') }}),

    -- Nobody is looked up by a basket.
    personal as (select * from {{ ref('identifier_limits') }} where is_personal),

    -- What did not link the record with anybody does not tell who it is.
    unlinked as (
        select record_key, identifier_type, identifier_value
        from refusals
        where
            reason not in (
                'different_given_names',
                'different_name_suffixes',
                'different_birth_dates',
                'ambiguous_name'
            )
        group by record_key, identifier_type, identifier_value
    ),

    linked as (
        select
            record_values.identifier_type,
            record_values.identifier_value,
            record_values.shown_value,
            map.customer_id,
            map.cluster,
            record_values.observed_at
        from record_values
        inner join personal on record_values.identifier_type = personal.identifier_type
        inner join map on record_values.record_id = map.record_id
        left join
            unlinked
            on record_values.record_key = unlinked.record_key
            and record_values.identifier_type = unlinked.identifier_type
            and record_values.identifier_value = unlinked.identifier_value
        where unlinked.record_key is null
    ),

    -- An address resolves as it is written, and in its comparison form.
    forms as (
        select identifier_type, identifier_value as form, customer_id, cluster, observed_at
        from linked
        union all
        select identifier_type, shown_value as form, customer_id, cluster, observed_at
        from linked
        where shown_value <> identifier_value
    ),

    holders as (
        select
            identifier_type,
            form,
            customer_id,
            cluster,
            min(observed_at) as first_seen_at,
            max(observed_at) as last_seen_at
        from forms
        group by identifier_type, form, customer_id, cluster
    ),

    -- Of several holders the first.
    ranked as (
        select
            *,
            count(*) over (partition by identifier_type, form) > 1 as is_shared,
            row_number() over (
                partition by identifier_type, form order by first_seen_at, cluster
            ) as seniority
        from holders
    )

select
    identifier_type, form as identifier_value, customer_id, is_shared, first_seen_at, last_seen_at
from ranked
where seniority = 1
