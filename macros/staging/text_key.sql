{#- Comparison form of a text: unaccented, lower case, no punctuation, single blanks. -#}
{% macro text_key(expression) -%}
    {{ _comparison_form(expression, '!-/:-@') }}
{%- endmacro %}

{#- Comparison form of a name: as text_key, and without digits. -#}
{% macro name_key(expression) -%}
    {{ _comparison_form(expression, '!-@') }}
{%- endmacro %}

{% macro _comparison_form(expression, leading_range) -%}
    {%- set joined = regex_replace(unaccent(expression), '[\\x27\\x{2019}`\\p{Cf}]+', '') -%}
    nullif(trim({{ regex_replace(joined, '[' ~ leading_range ~ '\\[-_{-~\\p{Z}\\p{Cc}]+', ' ') }}), '')
{%- endmacro %}
