{#- One select per segment of the var `segments`, united: its name and all of its metadata. -#}
{% macro segment_catalog_rows() -%}
    {%- for segment in var('segment_thresholds') if segment not in var('segments') -%}
        {{ exceptions.raise_compiler_error("var segment_thresholds: there is no segment " ~ segment ~ ".") }}
    {%- endfor -%}
    {%- for segment in var('segments') %}
    select
        '{{ segment }}' as name
        {%- for key, text in segment_metadata(segment).items() %},
        {{ dbt.string_literal(dbt.escape_single_quotes(text)) }} as {{ key }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
