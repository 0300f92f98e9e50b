{% set thresholds = {'days': 1} %}
{{ config(meta={'thresholds': thresholds}) }}

with customer_birthdays as (select * from {{ ref('customer_birthdays') }})

select
    customer_id,
    started_at as qualified_at,
    'birthday on '
    || cast(birthday_on as {{ dbt.type_string() }})
    || ', turning '
    || cast(age_reached as {{ dbt.type_string() }}) as reason
from customer_birthdays
where birthday_on = local_today
