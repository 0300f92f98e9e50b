{%- set then = add_days(as_of(), -30) %}

with
    new_purchases as (select * from {{ ref('new_product_purchases') }}),

    buyers as (select customer_id from new_purchases group by customer_id),

    past_products as ({{ ranked_products(then) }}),

    past_pairs as ({{ paired_products(then) }}),

    all_purchases as ({{ purchased_products(then) }}),

    past_purchases as (
        select all_purchases.*
        from all_purchases
        inner join buyers on all_purchases.customer_id = buyers.customer_id
    ),

    -- What a device saw before it showed whose it is was not known to be theirs.
    known_devices as (
        select anonymous_id, customer_id
        from {{ ref('device_sightings') }}
        where seen_at <= {{ then }}
        group by anonymous_id, customer_id
    ),

    past_events as (
        select all_events.*
        from {{ ref('customer_web_events') }} as all_events
        inner join buyers on all_events.customer_id = buyers.customer_id
        left join
            known_devices
            on all_events.anonymous_id = known_devices.anonymous_id
            and all_events.customer_id = known_devices.customer_id
        where all_events.attribution = 'user_id' or known_devices.customer_id is not null
    ),

    past_companions as ({{ companions_of('past_purchases', 'past_pairs', then) }}),

    past_evidence as ({{ evidence_of_interests('past_purchases', 'past_events', then) }}),

    past_interests as ({{ ranked_interests('past_evidence') }}),

    past_candidates as (
        {{
            product_candidates(
                customers="buyers",
                purchases="past_purchases",
                web_events="past_events",
                companions="past_companions",
                interests="past_interests",
                products="past_products",
                clock=then,
            )
        }}
    ),

    recommended as ({{ best_five('past_candidates', 'past_products') }}),

    had as (
        select customer_id, product_id
        from past_purchases
        where {{ in_last_days('last_bought_at', 180, then) }} = 1
    ),

    had_counts as (select customer_id, count(*) as products_count from had group by customer_id),

    -- What everybody buys and the customer has not bought: what there is to do better than.
    popular as (
        select
            buyers.customer_id,
            past_products.product_id,
            cast(
                row_number() over (
                    partition by buyers.customer_id order by past_products.shop_rank
                ) as integer
            ) as rank
        from buyers
        left join had_counts on buyers.customer_id = had_counts.customer_id
        inner join
            past_products on past_products.shop_rank <= 5 + coalesce(had_counts.products_count, 0)
        left join
            had
            on buyers.customer_id = had.customer_id
            and past_products.product_id = had.product_id
        where had.product_id is null
    ),

    both_methods as (
        select 'recommendations' as method, customer_id, rank, product_id, reason
        from recommended

        union all

        select 'popularity' as method, customer_id, rank, product_id, 'best_seller' as reason
        from popular
        where rank <= 5
    )

select
    both_methods.method,
    both_methods.customer_id,
    both_methods.rank,
    both_methods.product_id,
    both_methods.reason,
    new_purchases.product_id is not null as is_hit
from both_methods
left join
    new_purchases
    on both_methods.customer_id = new_purchases.customer_id
    and both_methods.product_id = new_purchases.product_id
