with

rejected as (
    {% for source, table, key in raw_tables() -%}
    {{ 'union all' if not loop.first }}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        {{ key }} as record_key,
        reject_reason as reason,
        raw_row
    from {{ ref('checked_' ~ source ~ '__' ~ table) }}
    where fate = 'rejected'
    {% endfor -%}
)

select
    source,
    source_table,
    record_key,
    reason,
    raw_row,
    '{{ as_of_text() | trim | replace(" ", "T") }}Z' as run
from rejected
