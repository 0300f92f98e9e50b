{#-
    The rows that a ledger holds before this build. A ledger holds what only Penpal knows, so no build drops it. When a new
    warehouse has none yet, it is restored from the export that the last publish left beside the warehouse
    file: <warehouse>.ledger/<table>.parquet. A column that the ledger did not have then is null.
-#}
{% macro ledger_rows(table, columns) -%}
    {%- set source = table_before('ledger_' ~ table) -%}
    {%- if source is none and execute and model.resource_type != 'unit_test' -%}
        {%- set source = ledger_export(table) -%}
    {%- endif -%}
    {%- set found = run_query('select * from ' ~ source ~ ' limit 0').column_names if source else [] -%}
    select
        {%- for name, type in columns.items() %}
        cast({{ name if name in found else 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if source %}
    from {{ source }}
    {%- else %}
    where 1 = 0
    {%- endif %}
{%- endmacro %}


{#- Of the ledger of customer ids, for its own model and those that decide about ids. -#}
{% macro customer_id_columns() -%}
    {%- set text = dbt.type_string() -%}
    {{ return({
        'record_key': text,
        'customer_id': text,
        'seed_record_key': text,
        'assigned_at': 'timestamp',
        'sequence': 'bigint',
        'cause': text,
        'previous_customer_id': text,
    }) }}
{%- endmacro %}


{#- Of the ledger of clusters, for its own model and the one that reads what it held before. -#}
{% macro clusters_seen_columns() -%}
    {%- set text = dbt.type_string() -%}
    {{ return({
        'seen_at': 'timestamp',
        'cluster': 'integer',
        'label': text,
        'feature': text,
        'value': 'double',
    }) }}
{%- endmacro %}


{#- Of the ledger of experiments, for its own model and the one that draws. -#}
{% macro experiment_assignment_columns() -%}
    {%- set text = dbt.type_string() -%}
    {{ return({
        'campaign': text,
        'experiment': text,
        'customer_id': text,
        'arm': text,
        'assigned_at': 'timestamp',
    }) }}
{%- endmacro %}
