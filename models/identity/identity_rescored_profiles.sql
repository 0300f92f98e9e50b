{{ config(materialized='view_or_table') }}

-- depends_on: {{ ref('identity_profiles') }}
-- depends_on: {{ ref('identity_profile_changes') }}
-- depends_on: {{ ref('identity_proposed_profiles') }}
-- depends_on: {{ ref('identity_priors') }}

{% if run_is_full() %}
    select
        profile_id,
        record_key
    from {{ ref('identity_profiles') }}
{% else %}
    with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

    changes as (select * from {{ ref('identity_profile_changes') }}),

    proposed as (select * from {{ ref('identity_proposed_profiles') }}),

    priors as (
        select * from {{ ref('identity_priors') }}
        where is_changed
    )

    select
        profiles.profile_id,
        profiles.record_key
    from profiles
    inner join proposed on profiles.profile_id = proposed.profile_id
    union
    select
        profile_id,
        record_key
    from changes
    union
    select
        profiles.profile_id,
        profiles.record_key
    from profiles
    cross join priors
{% endif %}
