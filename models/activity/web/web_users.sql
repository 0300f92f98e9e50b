{%- set event_order = 'cast(event_at as ' ~ dbt.type_string() ~ ') || message_id' %}

with
    events as (select * from {{ ref('stg_web__events') }} where not is_bot),

    -- Everyone who was logged in, whether an identify call told more of them or not.
    users as (
        select
            'web.users' as source_table,
            user_id as source_key,
            user_id,
            min(event_at) as first_seen_at,
            {{ last_by('traits_first_name', event_order) }} as first_name,
            {{ last_by('traits_last_name', event_order) }} as last_name
        from events
        where user_id is not null
        group by user_id
    ),

    -- An identify call before any login names its visitor by address only.
    visitors as (
        select
            'web.identify' as source_table,
            message_id as source_key,
            cast(null as {{ dbt.type_string() }}) as user_id,
            event_at as first_seen_at,
            traits_first_name as first_name,
            traits_last_name as last_name
        from events
        where
            user_id is null
            and event_type = 'identify'
            and coalesce(traits_email_key, traits_phone) is not null
    ),

    unioned as (
        select *
        from users
        union all
        select *
        from visitors
    )

select
    source_table,
    source_key,
    user_id,
    first_seen_at,
    {{ given_names_key('first_name') }} as first_name_key,
    {{ name_key('last_name') }} as last_name_key
from unioned
