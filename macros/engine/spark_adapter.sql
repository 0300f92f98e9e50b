{#-
    What dbt-spark does that plain Parquet tables in a session cannot use, done otherwise here. dbt finds these because
    a project's own macros come first when it dispatches.
-#}

{#- Contracts and seeds name types as DuckDB does; Spark's varchar wants a length. -#}
{% macro spark_type(type) -%}
    {{ return({'varchar': 'string', 'integer': 'int'}.get(type | lower, type)) }}
{%- endmacro %}

{#- A seed is read by Spark itself: dbt-spark would turn a null into the text 'None' and not escape quotes. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set view = 'seed_' ~ model['name'] -%}
    {% call statement('read_seed') -%}
        create or replace temporary view {{ view }} using csv options (
            path '{{ model.root_path }}/{{ model.original_file_path }}',
            header 'true', quote '"', escape '"', multiLine 'true'
        )
    {%- endcall %}
    {%- set sql -%}
        create table {{ this }} using parquet as
        select
            {%- for column in agate_table.column_names %}
            cast({{ column }} as {{ spark_type(types.get(column, 'varchar')) }}) as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ view }}
    {%- endset -%}
    {% call statement('create_seed') -%}{{ sql }}{%- endcall %}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return('select 1') }}
{%- endmacro %}

{#- Casts null to the type that an enforced contract names. -#}
{% macro spark__cast(field, type) -%}
    cast({{ field }} as {{ spark_type(type) }})
{%- endmacro %}

{#- Plain Parquet tables know no constraints: nulls that a contract forbids are looked for once the table is there. -#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
        {%- do columns.append(column.name) -%}
    {%- endfor -%}
    {%- if config.get('contract').enforced and columns -%}
        {%- set nulls = 'select count(*) from ' ~ relation ~ ' where ' ~ columns | join(' is null or ') ~ ' is null' -%}
        {%- set found = run_query(nulls).columns[0].values()[0] -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error(
                relation ~ ' has ' ~ found ~ ' rows with a null where its contract forbids one: ' ~ columns | join(', ') ~ '.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
    A contracted table has the contract's types: Spark counts rows as int where DuckDB has bigint, and sums decimals wider. So
    its columns are cast; that SQL and contract agree otherwise, DuckDB has looked at.
-#}
{% macro spark__get_select_subquery(sql) -%}
    select
        {%- for name, column in model.columns.items() %}
        cast({{ name }} as {{ spark_type(column.data_type) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as uncast
{%- endmacro %}

{% macro spark__get_assert_columns_equivalent(sql) -%}
    {{ return(assert_columns_equivalent(spark__get_select_subquery(sql))) }}
{%- endmacro %}
