{#-
    The customer of each user_id of web events: that of the login's own record, which a decision may keep apart from the account
    of the same key. Null where the user_id is blocked: then it may be anybody's.
-#}
{% macro login_customers() -%}
    select
        logins.source_key as user_id,
        case when blocked.identifier_value is null then logins.customer_id end as customer_id
    from {{ ref('identity_map') }} as logins
    left join {{ ref('identity_blocked_values') }} as blocked
        on logins.source_key = blocked.identifier_value
        and blocked.identifier_type = '{{ var("user_id_is") }}'
    where logins.source_table = 'web.users'
{%- endmacro %}
