{#- Words with columns in braces, 'aged {age}, lives in {city}', as a text expression. -#}
{% macro sentence(words) -%}
    {%- for part in modules.re.split('[{}]', words) if part -%}
        {%- set is_column = '{' ~ part ~ '}' in words -%}
        {{ 'cast(' ~ part ~ ' as ' ~ dbt.type_string() ~ ')' if is_column
            else dbt.string_literal(dbt.escape_single_quotes(part)) }}
        {{- ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
