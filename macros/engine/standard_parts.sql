{#-
    A separated text with each part in standard form, once each, in order; null where none is left. `standard` is the
    macro that gives the standard form of an expression, or null.
-#}
{% macro standard_parts(expression, separator, standard) -%}
    {{ return(adapter.dispatch('standard_parts', 'penpal')(expression, separator, standard)) }}
{%- endmacro %}

{% macro duckdb__standard_parts(expression, separator, standard) -%}
    nullif(array_to_string(list_sort(list_distinct(list_transform(
        string_split({{ expression }}, '{{ separator }}'),
        lambda part: {{ standard('part') }}
    ))), '{{ separator }}'), '')
{%- endmacro %}

{% macro spark__standard_parts(expression, separator, standard) -%}
    nullif(array_join(array_sort(array_distinct(transform(
        split({{ expression }}, r'\Q{{ separator }}\E'),
        part -> {{ standard('part') }}
    ))), '{{ separator }}'), '')
{%- endmacro %}
