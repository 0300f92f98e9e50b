with
    customers as (select * from {{ ref('customers') }}),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and customer_id is not null
    ),

    clicks as (
        select
            customers.customer_id,
            {{ to_local('events.occurred_at', 'customers.timezone') }} as local
        from {{ ref('email_events') }} as events
        inner join email_owners on events.email_key = email_owners.email_key
        inner join customers on email_owners.customer_id = customers.customer_id
        where
            events.event_type = 'clicked'
            and not events.is_machine
            and events.occurred_at <= {{ as_of() }}
    ),

    hours as (
        select
            customer_id,
            cast(extract(hour from local) as integer) as best_hour,
            count(*) as clicks_count,
            sum(count(*)) over (partition by customer_id) as all_clicks_count
        from clicks
        group by customer_id, cast(extract(hour from local) as integer)
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id order by clicks_count desc, best_hour
            ) as place
        from hours
        where all_clicks_count >= {{ var('best_hour_clicks') }}
    )

select customer_id, best_hour, clicks_count, cast(all_clicks_count as bigint) as all_clicks_count
from ranked
where place = 1
