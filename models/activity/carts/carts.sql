with
    cart_events as (select * from {{ ref('cart_events') }}),

    cart_items as (select * from {{ ref('cart_items') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    activity as (
        select
            cart_key,
            max(cart_id) as cart_id,
            {{ last_by('anonymous_id', 'activity_number') }} as anonymous_id,
            {{ last_by('user_id', 'activity_number') }} as user_id,
            {{ last_by('email_key', 'activity_number') }} as email_key,
            {{ last_by('currency', 'activity_number') }} as currency,
            {{ last_by('recovery_url', 'activity_number') }} as recovery_url,
            min(activity_at) as started_at,
            max(
                case
                    when activity <> 'ordered' and (ordered_at is null or activity_at <= ordered_at)
                    then activity_at
                end
            ) as left_at,
            max(case when activity = 'added' then activity_at end) as last_added_at,
            max(activity_at) as last_activity_at,
            max(previous_order_at) as previous_order_at,
            max(ordered_at) as ordered_at
        from cart_events
        group by cart_key
    ),

    contents as (
        select
            cart_key,
            sum(quantity) as items_count,
            sum(quantity * price) as value,
            min(currency) as currency,
            -- An unknown currency is another one.
            count(distinct coalesce(currency, '')) > 1 as is_mixed,
            max(case when is_offered then 1 else 0 end) = 1 as is_offered
        from cart_items
        group by cart_key
    ),

    catalogue as (select count(*) as products_count from products)

select
    activity.cart_key,
    activity.cart_id,
    activity.anonymous_id,
    activity.user_id,
    activity.email_key,
    case
        when activity.ordered_at is not null
        then 'ordered'
        when contents.items_count > 0
        then 'open'
        else 'emptied'
    end as status,
    cast(coalesce(contents.items_count, 0) as bigint) as items_count,
    cast(
        case
            when not coalesce(contents.is_mixed, false) then coalesce(contents.value, 0)
        end as decimal(18, 2)
    ) as cart_value,
    case
        when not coalesce(contents.is_mixed, false)
        then coalesce(contents.currency, activity.currency, '{{ var("base_currency") }}')
    end as currency,
    -- Of a shop that tells nothing of its products, nothing is known to be gone.
    coalesce(contents.is_offered, false) or catalogue.products_count = 0 as is_offered,
    activity.recovery_url,
    activity.started_at,
    activity.left_at,
    activity.last_added_at,
    activity.last_activity_at,
    activity.previous_order_at,
    activity.ordered_at
from activity
cross join catalogue
left join contents on activity.cart_key = contents.cart_key
