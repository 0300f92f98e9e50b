{#-
    The rows that a ledger holds before this build. A ledger holds what only Penpal knows, so no build drops it. When a new
    warehouse has none yet, it is restored from the export that the last publish left beside the warehouse
    file: <warehouse>.ledger/<table>.parquet. A column that the ledger did not have then is null.
-#}
{% macro ledger_rows(table, columns) -%}
    {%- set source = this if is_incremental() else (ledger_export(table) if execute else none) -%}
    {%- set found = run_query('select * from ' ~ source ~ ' limit 0').column_names if execute and source else [] -%}
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
