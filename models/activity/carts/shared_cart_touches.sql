{#- Of two who filled a cart of one id either may have bought it; of more, the id is no cart's. -#}
{%- set most_buyers = 2 %}
{%- set logins = ['user_id'] %}
{%- if var('user_id_is') == 'shop_customer_id' %}
    {% do logins.append('shop_customer_id') %}
{% endif %}

with
    touches as (
        select *, coalesce({{ logins | join(', ') }}) as login
        from {{ ref('cart_touches') }}
        where cart_id is not null
    ),

    shared as (
        select cart_id
        from touches
        group by cart_id
        having min(login) <> max(login) or min(anonymous_id) <> max(anonymous_id)
    ),

    -- Who has logged in is still there, and who logs in was there before.
    placed as (
        select
            touches.*,
            case
                when touches.login is null and touches.anonymous_id is not null
                then
                    coalesce(
                        {{ ignoring_nulls('last_value', 'touches.login') }} over (
                            partition by touches.cart_id, touches.anonymous_id
                            order by {{ in_order_of_touches() }}
                            rows between unbounded preceding and current row
                        ),
                        {{ ignoring_nulls('first_value', 'touches.login') }} over (
                            partition by touches.cart_id, touches.anonymous_id
                            order by {{ in_order_of_touches() }}
                            rows between current row and unbounded following
                        )
                    )
                else touches.login
            end as present_login
        from touches
        inner join shared on touches.cart_id = shared.cart_id
    ),

    known as (
        select *, coalesce('user:' || present_login, anonymous_id) as known_holder from placed
    ),

    -- A checkout or an order may name no more than an address.
    addresses as (
        select cart_id, email_key, min(known_holder) as holder
        from known
        where email_key is not null and known_holder is not null
        group by cart_id, email_key
        having min(known_holder) = max(known_holder)
    ),

    held as (
        select known.*, coalesce(known.known_holder, addresses.holder) as holder
        from known
        left join
            addresses on known.cart_id = addresses.cart_id and known.email_key = addresses.email_key
    ),

    -- Whoever bought only has filled nothing. The first keeps the key, so that it stays as it was.
    parts as (
        select
            cart_id,
            holder,
            holder like 'user:%' as is_login,
            case
                when row_number() over (partition by cart_id order by min(activity_at), holder) = 1
                then cart_id
                else cart_id || ':' || holder
            end as cart_key,
            count(*) over (partition by cart_id) as parts_count
        from held
        where holder is not null and activity <> 'ordered'
        group by cart_id, holder
    )

select
    held.source_table,
    held.source_key,
    held.cart_id,
    held.holder,
    parts.parts_count,
    coalesce(
        parts.cart_key, held.cart_id || ':' || coalesce(held.holder, held.email_key, held.phone, '')
    ) as cart_key
from held
left join parts as own on held.cart_id = own.cart_id and held.holder = own.holder
left join
    parts
    on held.cart_id = parts.cart_id
    and (
        parts.parts_count = 1
        or held.holder = parts.holder
        or (
            held.activity = 'ordered'
            and parts.parts_count <= {{ most_buyers }}
            and not (coalesce(own.is_login, false) and parts.is_login)
        )
    )
