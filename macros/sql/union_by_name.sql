{#- A union whose columns are matched by name, not by place: each branch lists those that it lacks, and has typed nulls there. -#}
{% macro union_by_name(columns, lacking) -%}
    {%- for branch, lacks in lacking.items() %}
        {%- for name in lacks if name not in columns %}
            {{- exceptions.raise_compiler_error("union_by_name: " ~ branch ~ " lacks '" ~ name ~ "', which is no column of the union.") }}
        {%- endfor %}
    select
        {%- for name, type in columns.items() %}
        {{ 'cast(null as ' ~ type ~ ') as ' ~ name if name in lacks else name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ branch }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
