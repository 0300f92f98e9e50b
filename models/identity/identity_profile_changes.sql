{{ config(materialized='view_or_table') }}

-- depends_on: {{ ref('identity_profiles') }}
-- depends_on: {{ ref('identity_profiles_before') }}
-- depends_on: {{ ref('identity_touched') }}

{% if run_is_full() %}
    select
        *,
        1 as growth
    from {{ ref('identity_profiles') }}
{% else %}
    with profiles as (select * from {{ ref('identity_profiles') }}),

    before as (select * from {{ ref('identity_profiles_before') }}),

    touched as (select * from {{ ref('identity_touched') }}),

    now as (
        select profiles.*
        from profiles
        inner join touched on profiles.record_key = touched.record_key
    ),

    appeared as (
        select * from now
        except
        select * from before
    ),

    disappeared as (
        select * from before
        except
        select * from now
    )

    select
        *,
        1 as growth
    from appeared
    union all
    select
        *,
        -1 as growth
    from disappeared
{% endif %}
