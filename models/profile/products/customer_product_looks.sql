-- As far back as any trigger looks.
select
    message_id,
    customer_id,
    product_id,
    session_id,
    event_at as looked_at,
    event_name = 'Product Added' as is_carted,
    attribution,
    case
        when attribution = 'user_id' then 'web.users:' || user_id else anonymous_id
    end as attribution_key
from {{ ref('customer_web_events') }}
where
    event_name in ('Product Viewed', 'Product Added')
    and product_id is not null
    and {{ within_last('event_at', days=90) }}
