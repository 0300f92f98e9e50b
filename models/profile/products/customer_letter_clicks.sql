{%- set address = '^([^?#]*)' -%}

with
    messages as (
        select message_id, email_key, customer_id
        from {{ ref('customer_messages') }}
        where customer_id is not null
    ),

    email_events as (select * from {{ ref('email_events') }}),

    products as (
        select {{ regex_extract('product_url', address) }} as page, min(product_id) as product_id
        from {{ ref('stg_shop__products') }}
        where product_url is not null
        group by {{ regex_extract('product_url', address) }}
    )

select
    email_events.event_id,
    messages.customer_id,
    messages.message_id,
    products.product_id,
    email_events.occurred_at as clicked_at
from email_events
inner join
    messages
    on email_events.message_id = messages.message_id
    and email_events.email_key = messages.email_key
inner join products on {{ regex_extract('email_events.url', address) }} = products.page
where
    email_events.event_type = 'clicked'
    and not email_events.is_machine
    and email_events.occurred_at <= {{ as_of() }}
