{#- Whose event it is: the browser's, else the login's, else the event's own. -#}
{% macro visitor_key() -%}
    coalesce('a:' || anonymous_id, 'u:' || user_id, 'm:' || message_id)
{%- endmacro %}
