select
    model,
    method,
    is_used,
    metric,
    part,
    value,
    customers_count,
    cast({{ add_days(as_of(), '- known_days_ago') }} as date) as known_until,
    cast({{ add_days(as_of(), 'judged_days - known_days_ago') }} as date) as judged_until
from {{ ref('prediction_models') }}
