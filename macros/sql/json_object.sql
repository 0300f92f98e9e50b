{#-
    JSON text, the same to the byte on every engine. fields: {key: text expression} or
    {key: [expression, kind]} with kind text | number | boolean | json (JSON text, put in as it is).
-#}
{% macro json_object(fields) -%}
    '{'
    {%- for key, field in fields.items() %}
    {%- set expression, kind = (field, 'text') if field is string else (field[0], field[1]) %}
    || '{{ '' if loop.first else ',' }}"{{ key }}":' || coalesce(
        {%- if kind == 'text' -%}
            {{ json_quote(expression) }}
        {%- elif kind == 'boolean' -%}
            case when {{ expression }} then 'true' when not ({{ expression }}) then 'false' end
        {%- else -%}
            cast({{ expression }} as {{ dbt.type_string() }})
        {%- endif -%}
        , 'null')
    {%- endfor %}
    || '}'
{%- endmacro %}

{#- A JSON array of JSON texts, ordered; '[]' when there is none. -#}
{% macro json_array_agg(json_expression, order_by) -%}
    '[' || coalesce({{ string_agg_ordered(json_expression, ',', order_by) }}, '') || ']'
{%- endmacro %}
