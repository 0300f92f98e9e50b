{% macro ignoring_nulls(window_function, expression) -%}
    {{ return(adapter.dispatch('ignoring_nulls', 'penpal')(window_function, expression)) }}
{%- endmacro %}

{% macro duckdb__ignoring_nulls(window_function, expression) -%}
    {{ window_function }}({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__ignoring_nulls(window_function, expression) -%}
    {{ window_function }}({{ expression }}) ignore nulls
{%- endmacro %}
