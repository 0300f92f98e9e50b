{#- A post-hook: takes the blanks at the ends of some columns of the table that was just made. -#}
{% macro trim_columns(columns) -%}
    {%- if execute -%}
        {%- set trimmed = 'trimmed' -%}
        {%- set expressions = [] -%}
        {%- for column in adapter.get_columns_in_relation(this) -%}
            {%- set name = column.name -%}
            {%- do expressions.append((trim_blanks(name) if name in columns else name) ~ ' as ' ~ name) -%}
        {%- endfor -%}
        {%- do create_work_table(trimmed, 'select ' ~ expressions | join(', ') ~ ' from ' ~ this) -%}
        {%- do replace_table(this, this.incorporate(type='table'), 'select * from ' ~ work_table(trimmed)) -%}
        {%- do drop_work_tables([trimmed]) -%}
    {%- endif -%}
{%- endmacro %}
