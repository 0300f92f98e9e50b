{#- Whether a web event is a log-out: Segment's specification calls it Signed Out; other trackers say Logged Out. -#}
{% macro is_log_out(event_name) -%}
    {{ event_name }} in ('Signed Out', 'Logged Out')
{%- endmacro %}
