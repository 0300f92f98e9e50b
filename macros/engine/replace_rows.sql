{#-
    Takes the rows of a table that any of some conditions holds for, and puts those of a select in their place: in one
    transaction.
-#}
{% macro replace_rows(relation, select, conditions) -%}
    {{ return(adapter.dispatch('replace_rows', 'penpal')(relation, select, conditions)) }}
{%- endmacro %}

{% macro duckdb__replace_rows(relation, select, conditions) -%}
    {% set added = relation.identifier ~ '__added' %}
    {% do create_work_table(added, select) %}
    {#- A statement opens a transaction, run_query does not. One delete a condition takes half the time of one with `or`. -#}
    {% call statement('main') -%}
        {%- for condition in conditions %}
        delete from {{ relation }} where {{ condition }};
        {%- endfor %}
        insert into {{ relation }} by name select * from {{ work_table(added) }};
        drop table {{ work_table(added) }}
    {%- endcall %}
{%- endmacro %}

{#- Plain Parquet has no deletes: identity_run makes every run on Spark a full one. -#}
{% macro spark__replace_rows(relation, select, conditions) -%}
    {{ exceptions.raise_compiler_error(relation ~ ': rows of a table cannot be replaced on Spark.') }}
{%- endmacro %}
