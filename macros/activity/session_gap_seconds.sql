{#- Seconds without an event that end a session; 30 minutes is the custom of web analytics. -#}
{% macro session_gap_seconds() -%}
    1800
{%- endmacro %}
