{#- Longer than a page, since each kind of occasion says itself what it is about. -#}
with
    campaigns as (select * from {{ ref('campaigns') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    customer_birthdays as (select * from {{ ref('customer_birthdays') }}),

    segment_memberships as (select * from {{ ref('segment_memberships') }}),

    order_receipts as (select * from {{ ref('order_receipts') }}),

    -- What was bought since, or is gone by, stays an occasion for a while, to give the reason.
    occasions as (
        select
            'abandoned_carts' as segment,
            customer_id,
            -- A new round of a cart is a new occasion.
            {{ cart_occasion() }} as occasion,
            cart_key,
            left_at as happened_at,
            {{ add_seconds('left_at', 60 * cart_idle_minutes()) }} as qualified_at,
            purchased_at is not null as is_purchased,
            not is_offered as is_nothing_left
        from customer_carts
        where
            items_count > 0
            and {{ seconds_between('left_at', 'coalesce(ordered_at, ' ~ as_of() ~ ')') }}
            >= {{ 60 * cart_idle_minutes() }}

        union all

        select
            'birthday_today' as segment,
            customer_id,
            cast(extract(year from birthday_on) as {{ dbt.type_string() }}) as occasion,
            null as cart_key,
            started_at as happened_at,
            started_at as qualified_at,
            false as is_purchased,
            false as is_nothing_left
        from customer_birthdays

        union all

        -- Once per spell of inactivity, and for any other segment once per day of qualification.
        select
            segment,
            customer_id,
            null as occasion,
            null as cart_key,
            case
                when segment = 'inactive'
                then {{ add_days('qualified_at', -inactive_days()) }}
                else qualified_at
            end as happened_at,
            qualified_at,
            false as is_purchased,
            false as is_nothing_left
        from segment_memberships
        where segment not in ('abandoned_carts', 'birthday_today')
    ),

    -- Up to twice the life of a letter: then the past is past.
    recent as (
        select
            campaigns.campaign,
            occasions.segment,
            occasions.customer_id,
            occasions.occasion,
            occasions.cart_key,
            campaigns.kind,
            campaigns.template,
            campaigns.priority,
            campaigns.cooldown_days,
            occasions.is_purchased,
            occasions.is_nothing_left,
            campaigns.purchases <> 'none' and order_receipts.is_late as is_order_missing,
            occasions.happened_at,
            occasions.qualified_at,
            {{ add_seconds('qualified_at', '60 * campaigns.wait_minutes') }} as send_after,
            {{ add_seconds('qualified_at', '3600 * campaigns.expires_after_hours') }} as expires_at
        from campaigns
        cross join order_receipts
        inner join occasions on campaigns.trigger_segment = occasions.segment
        where
            campaigns.is_active
            and occasions.qualified_at <= {{ as_of() }}
            and {{ add_seconds('occasions.qualified_at', '7200 * campaigns.expires_after_hours') }}
            > {{ as_of() }}
    ),

    dated as (
        select
            recent.*,
            cast({{ to_local('recent.happened_at', 'customers.timezone') }} as date) as occasion_on
        from recent
        inner join customers on recent.customer_id = customers.customer_id
    )

select
    campaign,
    segment,
    customer_id,
    coalesce(occasion, cast(occasion_on as {{ dbt.type_string() }})) as occasion,
    occasion_on,
    cart_key,
    kind,
    template,
    priority,
    cooldown_days,
    is_purchased,
    is_nothing_left,
    is_order_missing,
    qualified_at,
    send_after,
    expires_at
from dated
