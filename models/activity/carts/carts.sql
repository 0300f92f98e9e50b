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
            max(activity_at) as last_activity_at,
            max(previous_order_at) as previous_order_at,
            max(ordered_at) as ordered_at
        from cart_events
        group by cart_key
    ),

    contents as (
        select
            cart_items.cart_key,
            sum(cart_items.quantity) as items_count,
            sum(cart_items.quantity * cart_items.price) as cart_value,
            max(products.currency) as currency
        from cart_items
        left join products on cart_items.product_id = products.product_id
        group by cart_items.cart_key
    )

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
    cast(coalesce(contents.cart_value, 0) as decimal(18, 2)) as cart_value,
    coalesce(activity.currency, contents.currency, '{{ var("base_currency") }}') as currency,
    activity.recovery_url,
    activity.started_at,
    activity.left_at,
    activity.last_activity_at,
    activity.previous_order_at,
    activity.ordered_at
from activity
left join contents on activity.cart_key = contents.cart_key
