{#-
    A ledger holds what only Penpal knows, so no build drops it. When a new warehouse has none yet, it is restored
    from the export that the last publish left beside the warehouse file: <warehouse>.ledger/<table>.parquet.
-#}
{% macro restore_ledger(table, columns) -%}
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
{%- endmacro %}

{#- The rows that a ledger holds before this build: its own, or in a new warehouse those of the export. -#}
{% macro ledger_rows(table, columns) -%}
    {%- if is_incremental() -%}
    select {{ columns | join(', ') }} from {{ this }}
    {%- else -%}
    {{ restore_ledger(table, columns) }}
    {%- endif -%}
{%- endmacro %}
