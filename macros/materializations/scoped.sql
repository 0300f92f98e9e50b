{#-
    A table of which a run replaces only what it looked at (see docs/identity.md). The model's SQL gives the rows of the
    records that the run looks at; a run that looks at everything makes the whole table anew.

    config:
        replaces    which rows of the last run's go in a run that does not: those that any of a list of conditions holds for.
                    A condition is [columns, model] or [columns, model, its columns] (rows whose columns are those of a
                    row of that model), SQL, or a list that begins with a list: of conditions that all have to hold
-#}
{% materialization scoped, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {% do begin_model() %}
    {% if run_is_full() %}
        {% do replace_table(target_relation, existing, sql) %}
    {% else %}
        {% do replace_rows(target_relation, sql, _conditions(config.require('replaces'))) %}
    {% endif %}
    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}

{% macro _conditions(listed) -%}
    {%- set found = [] -%}
    {%- for condition in listed -%}
        {%- if condition is string or condition[0] is string -%}
            {%- do found.append(_one_of(condition)) -%}
        {%- else -%}
            {%- set parts = [] -%}
            {%- for part in condition -%}{%- do parts.append(_one_of(part)) -%}{%- endfor -%}
            {%- do found.append(parts | join(' and ')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro _one_of(condition) -%}
    {%- if condition is string -%}
        ({{ condition }})
    {%- else -%}
        ({{ condition[0] }}) in (select {{ condition[2] or condition[0] }} from {{ this.incorporate(path={'identifier': condition[1]}) }})
    {%- endif -%}
{%- endmacro %}


{#-
    What a run looks at: a view in a run that looks at everything, of which a copy would tell nothing new, else a table.
-#}
{% materialization view_or_table, default %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_full = run_is_full() -%}
    {%- set target_relation = this.incorporate(type='view' if is_full else 'table') -%}
    {% do begin_model() %}
    {% if is_full %}
        {% if existing and existing.type != 'view' %}{% do adapter.drop_relation(existing) %}{% endif %}
        {% call statement('main') -%}
            create or replace view {{ target_relation }} as {{ sql }}
        {%- endcall %}
    {% else %}
        {% do replace_table(target_relation, existing, sql) %}
    {% endif %}
    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}


{#-
    A table that each run makes anew, in one statement. dbt's `table` makes another one, renames both and drops the old:
    for a table of a few rows that takes longer than its rows do.
-#}
{% materialization whole, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {% do begin_model() %}
    {% do replace_table(target_relation, existing, sql) %}
    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}
