{#-
    A table of which a run replaces only what it looked at (see docs/identity.md). The model's SQL gives the rows of the
    records that the run looks at; a run that looks at everything makes the whole table anew.

    config:
        replaces    which rows of the last run's go in a run that does not: a list of conditions, each [columns, model]
                    or [columns, model, its columns] (rows whose columns are those of a row of that model), or a
                    condition in SQL
-#}
{% materialization scoped, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {% do begin_model() %}
    {% if run_is_full() %}
        {% do replace_table(target_relation, existing, sql) %}
    {% else %}
        {% do replace_rows(target_relation, sql, _any_of(config.require('replaces'))) %}
    {% endif %}
    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}

{% macro _any_of(conditions) -%}
    {%- for condition in conditions -%}
        {{ ' or ' if not loop.first }}
        {%- if condition is string -%}
            {{ condition }}
        {%- else -%}
            ({{ condition[0] }}) in (select {{ condition[2] if condition | length > 2 else condition[0] }} from {{ this.incorporate(path={'identifier': condition[1]}) }})
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#-
    The rows of touched records. The model's SQL gives all rows, with their record_key: a view on them in a run that
    looks at everything, else a table of those that the run looks at.
-#}
{% materialization touched, default %}
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
        {% set touched_sql -%}
            select everything.*
            from ({{ sql }}) as everything
            inner join {{ this.incorporate(path={'identifier': 'identity_touched'}) }} as touched
                on everything.record_key = touched.record_key
        {%- endset %}
        {% do replace_table(target_relation, existing, touched_sql) %}
    {% endif %}
    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}
