{#- One select per segment, united: its name and all of its metadata. -#}
{% macro segment_catalog_rows() -%}
    {%- for segment in var('segment_thresholds') if segment not in var('segments') + var('predicted_segments') -%}
        {{ exceptions.raise_compiler_error("var segment_thresholds: there is no segment " ~ segment ~ ".") }}
    {%- endfor -%}
    {%- for segment in segment_names() %}
    select
        {% if segment == 'clusters' %}distinct {% endif -%}
        {{ segment_name(segment) }} as name
        {%- for key, text in segment_metadata(segment).items() %},
        {{ dbt.string_literal(dbt.escape_single_quotes(text)) }}
            {%- if segment == 'clusters' and key == 'description' %} || ' This one: ' || label || '.' {%- endif %} as {{ key }}
        {%- endfor %}
    {%- if segment == 'clusters' %}
    from {{ ref('segment_clusters') }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
