with
    members as (select * from {{ ref('customers') }} where household_id is not null),

    attributes as (select * from {{ ref('customer_attributes') }}),

    -- The one to write to: may be written to, most engaged, known longest.
    ranked as (
        select
            *,
            row_number() over (
                partition by household_id
                order by
                    case when can_email then 0 else 1 end,
                    engagement_score desc,
                    first_seen_at,
                    customer_id
            ) as place
        from members
    ),

    addresses as (
        select
            customer_id,
            max(case when attribute = 'street_address' then value end) as street_address,
            max(case when attribute = 'postal_code' then value end) as postal_code
        from attributes
        where attribute in ('street_address', 'postal_code')
        group by customer_id
    ),

    totals as (
        select
            household_id,
            count(*) as members_count,
            cast(sum(case when can_email then 1 else 0 end) as bigint) as mailable_count,
            cast(sum(orders_count) as bigint) as orders_count,
            cast(sum(lifetime_revenue) as decimal(18, 2)) as lifetime_revenue,
            max(last_order_at) as last_order_at
        from members
        group by household_id
    )

select
    totals.household_id,
    ranked.customer_id as lead_customer_id,
    ranked.last_name,
    addresses.street_address,
    addresses.postal_code,
    ranked.city,
    ranked.region,
    ranked.country,
    totals.members_count,
    totals.mailable_count,
    totals.orders_count,
    totals.lifetime_revenue,
    totals.last_order_at
from totals
inner join ranked on totals.household_id = ranked.household_id and ranked.place = 1
left join addresses on ranked.customer_id = addresses.customer_id
