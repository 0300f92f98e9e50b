{#- A deterministic UUID (version 8, RFC 9562) of a text: the same on every engine and for ever. -#}
{% macro hash_uuid(expression) -%}
    {%- set hash = "md5(" ~ expression ~ ")" -%}
    substr({{ hash }}, 1, 8) || '-' || substr({{ hash }}, 9, 4) || '-8' || substr({{ hash }}, 14, 3)
    || '-a' || substr({{ hash }}, 18, 3) || '-' || substr({{ hash }}, 21, 12)
{%- endmacro %}
