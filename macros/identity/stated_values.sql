{#-
    The values that could link the records of one source: a row for each of `values`, [identifier type, its column in
    comparison form, its column as written]. `record_key` and `observed_at` are expressions.
-#}
{% macro stated_values(relation, record_key, observed_at, values) -%}
    {%- for identifier_type, value, shown in values -%}
    select
        {{ record_key }} as record_key,
        '{{ identifier_type }}' as identifier_type,
        {{ value }} as identifier_value,
        {{ shown }} as shown_value,
        {{ observed_at }} as observed_at
    from {{ relation }}
    where {{ value }} is not null
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor -%}
{%- endmacro %}
