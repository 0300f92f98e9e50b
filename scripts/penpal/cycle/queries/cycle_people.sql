{{ config(group='staging') }}
-- One row per customer for whom a trigger of a cycle may find an occasion, or whose letter may wait: a cycle decides for them.
with
    windows as (select * from cycle.windows),

    -- What the night knew, and what came since.
    map as (
        select record_key, source_table, source_key, customer_id
        from {{ ref('identity_map') }}

        union all

        select record_key, source_table, source_key, customer_id
        from cycle.arrivals
    ),

    addresses as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email'
    ),

    visits as (
        select events.anonymous_id, events.user_id, events.message_id, events.order_id
        from {{ ref('stg_web__events') }} as events
        inner join windows on windows.kind = 'web' and events.event_at > windows.since
    ),

    statements as (
        select statements.email_key
        from (
            select email_key, occurred_at from {{ ref('checked_crm__consents') }}
            {%- for model in ['checked_crm__contacts', 'checked_shop__customers'] %}
            union all
            select
                email_key,
                greatest(
                    coalesce({{ parse_timestamp('raw_marketing_status_at') }}, created_at),
                    created_at,
                    coalesce(updated_at, created_at)
                ) as occurred_at
            from {{ ref(model) }}
            where raw_marketing_status is not null
            {%- endfor %}
            {%- for model in ['checked_shop__orders', 'checked_shop__checkouts'] %}
            union all
            select email_key, created_at as occurred_at
            from {{ ref(model) }}
            where raw_accepts_marketing is not null
            {%- endfor %}
        ) as statements
        inner join windows on windows.kind = 'consents' and statements.occurred_at > windows.since
        where statements.email_key is not null
        group by statements.email_key
    ),

    products as (
        select changes.product_id
        from {{ ref('product_changes') }} as changes
        inner join windows on windows.kind = 'products' and changes.changed_at > windows.since
        where changes.previous_price is not null or changes.is_back_in_stock
        group by changes.product_id
    ),

    -- A day more on either side, for the time zones; 29 February is kept on the 28th.
    days as (
        {%- for day in range(-1, 13) %}
        select cast({{ add_days(as_of(), -day) }} as date) as day {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    birthdays as (
        select 100 * extract(month from days.day) + extract(day from days.day) as day
        from days
        inner join windows on windows.kind = 'birthdays' and days.day >= {{ add_days('windows.since', -1) }}

        union all

        select 229 as day
        from days
        inner join windows on windows.kind = 'birthdays' and days.day >= {{ add_days('windows.since', -1) }}
        where 100 * extract(month from days.day) + extract(day from days.day) in (228, 301)
    ),

    found as (
        select customer_id from cycle.arrivals

        union all

        select map.customer_id
        from visits
        inner join map on map.source_table = 'web.users' and visits.user_id = map.source_key

        union all

        select map.customer_id
        from visits
        inner join map on map.source_table = 'web.identify' and visits.message_id = map.source_key

        union all

        select owners.customer_id
        from visits
        inner join {{ ref('device_sightings') }} as owners on visits.anonymous_id = owners.anonymous_id

        union all

        select owners.customer_id
        from visits
        inner join {{ ref('device_owners') }} as owners on visits.anonymous_id = owners.anonymous_id

        union all

        select map.customer_id
        from {{ ref('stg_shop__checkouts') }} as checkouts
        inner join windows on windows.kind = 'web' and checkouts.created_at > windows.since
        inner join map on map.source_table = 'shop.checkouts' and checkouts.checkout_id = map.source_key

        union all

        -- An order ends whatever waits for it.
        select map.customer_id
        from {{ ref('stg_shop__orders') }} as orders
        inner join windows on windows.kind = 'orders' and orders.created_at > windows.since
        inner join map on map.source_table = 'shop.orders' and orders.order_id = map.source_key

        union all

        select addresses.customer_id
        from statements
        inner join addresses on statements.email_key = addresses.email_key

        union all

        select looks.customer_id
        from {{ ref('customer_product_looks') }} as looks
        inner join products on looks.product_id = products.product_id

        union all

        select customers.customer_id
        from {{ ref('customers') }} as customers
        inner join birthdays
            on 100 * extract(month from customers.birth_date) + extract(day from customers.birth_date) = birthdays.day

        union all

        select changes.current_customer_id as customer_id
        from {{ ref('ledger_email_messages') }} as letters
        inner join windows on windows.kind = 'letters' and letters.sent_at > windows.since
        inner join {{ ref('customer_id_changes') }} as changes on letters.customer_id = changes.customer_id
    ),

    concerned as (select customer_id from found where customer_id is not null group by customer_id),

    -- Where a letter is one for a household, so is its pause.
    households as (
        select customers.household_id
        from {{ ref('customers') }} as customers
        inner join concerned on customers.customer_id = concerned.customer_id
        where
            customers.household_id is not null
            and exists (
                select 1
                from {{ ref('campaigns') }} as campaigns
                inner join cycle.campaigns as decided on campaigns.campaign = decided.campaign
                where campaigns.one_per_household
            )
        group by customers.household_id
    )

select customer_id
from concerned

union

select customers.customer_id
from {{ ref('customers') }} as customers
inner join households on customers.household_id = households.household_id
