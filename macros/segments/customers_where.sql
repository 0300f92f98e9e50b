{#- A whole segment: the customers who meet a condition, since when, and why in a sentence. -#}
{% macro customers_where(condition, since, reason) -%}
    select customer_id, {{ since }} as qualified_at, {{ sentence(reason) }} as reason
    from {{ ref('customers') }}
    where {{ condition }}
{%- endmacro %}
