{#- The lines of the log of all runs (docs/operating.md) as `line`, each a JSON object; none where the engine has no runs. -#}
{% macro run_log() -%}
    {{ return(adapter.dispatch('run_log', 'penpal')()) }}
{%- endmacro %}

{#- Read by a view, from wherever: so the path is whole, and the file is there. -#}
{% macro duckdb__run_log() -%}
    {%- set file = run_query('select runs_log()').columns[0].values()[0] if execute else '' -%}
    select unnest(string_split(content, chr(10))) as line
    from read_text({{ dbt.string_literal(dbt.escape_single_quotes(file)) }})
{%- endmacro %}

{#- Runs are of a DuckDB warehouse. -#}
{% macro spark__run_log() -%}
    select cast(null as {{ dbt.type_string() }}) as line
    where 1 = 0
{%- endmacro %}
