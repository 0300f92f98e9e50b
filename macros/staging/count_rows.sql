{#-
    One row a raw table: its files and the records in them (null where it has no files, or the engine cannot say), how
    many rows there are, and how many of them were received after as_of.
-#}
{% macro count_arrivals() -%}
    {%- for source, table, key, received in raw_tables() %}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        {%- if var('raw_data') == 'lake' and source in raw_sources() %}
        (select files from ({{ lake_counts(source, table) }}) as lake) as files,
        (select records from ({{ lake_counts(source, table) }}) as lake) as records_in_files,
        {%- else %}
        cast(null as bigint) as files,
        cast(null as bigint) as records_in_files,
        {%- endif %}
        count(*) as rows_raw,
        {%- set checked = ref('checked_' ~ source ~ '__' ~ table) %}
        {%- if keeps_rows(source) and checked_is_staged(source, table) %}
        (select count(*) from {{ kept_relation(checked) }} where received_at > {{ as_of() }})
            as rows_not_yet_received,
        {%- else %}
        coalesce(sum(case when {{ received_at(source, table) }} > {{ as_of() }} then 1 else 0 end), 0)
            as rows_not_yet_received,
        {%- endif %}
        {{ 'true' if source in raw_sources() else 'false' }} as is_listed
    from {{ ref('base_' ~ source ~ '__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Whether the rows of a checked_ model are kept, with their receipt read already. -#}
{% macro checked_is_staged(source, table) -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.checked_' ~ source ~ '__' ~ table] -%}
    {{ return(node.config.materialized == 'staged') }}
{%- endmacro %}

{#- One row a raw table: what became of the rows that were seen. -#}
{% macro count_fates() -%}
    {%- for source, table, key, received in raw_tables() %}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        coalesce(sum(case when fate = 'staged' then 1 else 0 end), 0) as rows_staged,
        coalesce(sum(case when fate = 'duplicate' then 1 else 0 end), 0) as rows_duplicate,
        coalesce(sum(case when is_superseded then 1 else 0 end), 0) as rows_superseded,
        coalesce(sum(case when fate = 'rejected' then 1 else 0 end), 0) as rows_rejected
    from {{ ref('checked_' ~ source ~ '__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- One row a raw table: how many of its rows are in the stg_ model; a letter of the ledger is ours, not a raw row. -#}
{% macro count_staged() -%}
    {%- for source, table, key, received in raw_tables() %}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        count(*) as rows_in_stg
    from {{ ref('stg_' ~ source ~ '__' ~ table) }}
    {%- if [source, table] == ['email', 'messages'] %}
    where message_id in (select message_id from {{ ref('checked_email__messages') }} where fate = 'staged')
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
