{#- What to select a ledger's last export from; none when there is no export. -#}
{% macro ledger_export(table) -%}
    {{ return(adapter.dispatch('ledger_export', 'penpal')(table)) }}
{%- endmacro %}

{% macro duckdb__ledger_export(table) -%}
    {%- set warehouse = env_var('PENPAL_WAREHOUSE', 'warehouse/penpal.duckdb') -%}
    {%- set file = modules.re.sub('[.][^./]*$', '', warehouse) ~ '.ledger/' ~ table ~ '.parquet' -%}
    {%- set literal = dbt.string_literal(dbt.escape_single_quotes(file)) -%}
    {%- set found = run_query('select file from glob(' ~ literal ~ ')').columns[0].values() -%}
    {{ return('read_parquet(' ~ literal ~ ')' if found else none) }}
{%- endmacro %}

{#- On Spark the ledger tables themselves are the durable copy: nothing is exported, nothing restored. -#}
{% macro spark__ledger_export(table) -%}
    {{ return(none) }}
{%- endmacro %}
