with
    customers as (select * from {{ ref('customers') }}),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email'
    ),

    -- The activities of the segment inactive; of a visit its two ends.
    visits as (
        select customer_id, min(event_at) as started_at, max(event_at) as ended_at
        from {{ ref('customer_web_events') }}
        where event_at <= {{ as_of() }}
        group by customer_id, session_id
    ),

    activities as (
        select customer_id, started_at as active_at
        from visits

        union all

        select customer_id, ended_at as active_at
        from visits

        union all

        select customer_id, created_at as active_at
        from {{ ref('customer_orders') }}
        where created_at <= {{ as_of() }}

        union all

        select email_owners.customer_id, clicks.occurred_at as active_at
        from {{ ref('email_events') }} as clicks
        inner join email_owners on clicks.email_key = email_owners.email_key
        where clicks.event_type = 'clicked' and not clicks.is_machine
    ),

    with_next as (
        select *, lead(active_at) over (partition by customer_id order by active_at) as came_back_at
        from activities
    ),

    -- One occasion a spell of silence: the day of the last activity before it.
    spells as (
        select
            with_next.customer_id,
            customers.timezone,
            with_next.active_at,
            case when with_next.came_back_at is not null then 'came_back' end as over_reason
        from with_next
        inner join customers on with_next.customer_id = customers.customer_id
        where
            {{ seconds_between('active_at', 'coalesce(came_back_at, ' ~ as_of() ~ ')') }}
            >= {{ 86400 * inactive_days() }}
    )

select
    customer_id,
    cast(
        cast({{ to_local('active_at', 'timezone') }} as date) as {{ dbt.type_string() }}
    ) as occasion,
    active_at as happened_at,
    {{ add_days('active_at', inactive_days()) }} as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from spells
