{#-
    The rows that a ledger holds before this build. A ledger holds what only Penpal knows, so no build drops it. When a new
    warehouse has none yet, it is restored from the export that the last publish left beside the warehouse
    file: <warehouse>.ledger/<table>.parquet.
-#}
{% macro ledger_rows(table, columns) -%}
    {%- if is_incremental() -%}
    select {{ columns | join(', ') }} from {{ this }}
    {%- else -%}
    {%- set export = ledger_export(table) if execute else none -%}
    select
        {%- for name, type in columns.items() %}
        cast({{ name if export else 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if export %}
    from {{ export }}
    {%- else %}
    where 1 = 0
    {%- endif %}
    {%- endif -%}
{%- endmacro %}
