{#-
    A separated text with each part in standard form, once each, in order; null where none is left. `standard` is the
    macro that gives the standard form of an expression, or null.
-#}
{% macro standard_parts(expression, separator, standard) -%}
    {{ return(adapter.dispatch('standard_parts', 'penpal')(expression, separator, standard)) }}
{%- endmacro %}

{#- Not by list_transform: inside a lambda a regular expression is compiled again for each part. -#}
{% macro duckdb__standard_parts(expression, separator, standard) -%}
    (
        select string_agg(distinct form, '{{ separator }}' order by form)
        from (
            select {{ standard('part') }} as form
            from (select unnest(string_split({{ expression }}, '{{ separator }}')) as part)
        )
    )
{%- endmacro %}

{% macro spark__standard_parts(expression, separator, standard) -%}
    nullif(array_join(array_sort(array_distinct(transform(
        split({{ expression }}, r'\Q{{ separator }}\E'),
        part -> {{ standard('part') }}
    ))), '{{ separator }}'), '')
{%- endmacro %}
