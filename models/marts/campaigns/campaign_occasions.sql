with
    campaigns as (select * from {{ ref('campaigns') }}),

    occasions as (select * from {{ ref('trigger_occasions') }}),

    customers as (select * from {{ ref('customers') }}),

    order_receipts as (select * from {{ ref('order_receipts') }}),

    dated as (
        select
            campaigns.*,
            occasions.customer_id,
            occasions.occasion,
            occasions.happened_at,
            occasions.qualified_at,
            occasions.is_over,
            occasions.over_reason,
            occasions.cart_key,
            occasions.order_id,
            occasions.product_id,
            {{ add_seconds('occasions.qualified_at', '60 * campaigns.wait_minutes') }}
            as send_after,
            {{ add_seconds('occasions.qualified_at', '3600 * campaigns.expires_after_hours') }}
            as expires_at,
            {{ add_seconds('occasions.qualified_at', '7200 * campaigns.expires_after_hours') }}
            as forgotten_at
        from campaigns
        inner join occasions on campaigns.trigger = occasions.trigger
        where campaigns.is_active and occasions.qualified_at <= {{ as_of() }}
    )

select
    dated.campaign,
    dated.trigger,
    dated.customer_id,
    dated.occasion,
    cast({{ to_local('dated.happened_at', 'customers.timezone') }} as date) as occasion_on,
    dated.cart_key,
    dated.order_id,
    dated.product_id,
    dated.kind,
    dated.template,
    dated.priority,
    dated.cooldown_days,
    dated.is_over,
    dated.over_reason,
    dated.purchases <> 'none' and order_receipts.is_late as is_order_missing,
    dated.qualified_at,
    dated.send_after,
    dated.expires_at
from dated
inner join customers on dated.customer_id = customers.customer_id
cross join order_receipts
-- Up to twice the life of a letter: then the past is past.
where dated.forgotten_at > {{ as_of() }}
