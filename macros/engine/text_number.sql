{#- A whole number below 2^60 that a text always has, on every engine, and next to no other text. -#}
{% macro text_number(text) -%}
    {{ return(adapter.dispatch('text_number', 'penpal')(text)) }}
{%- endmacro %}

{% macro duckdb__text_number(text) -%}
    cast('0x' || substr(md5({{ text }}), 1, 15) as bigint)
{%- endmacro %}

{% macro spark__text_number(text) -%}
    cast(conv(substr(md5({{ text }}), 1, 15), 16, 10) as bigint)
{%- endmacro %}
