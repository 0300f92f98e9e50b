with

{% for source, table, key in raw_tables() -%}
{{ source }}_{{ table }}_received as (
    select {{ received_at(source, table) }} as received_at from {{ ref('base_' ~ source ~ '__' ~ table) }}
),

{% endfor -%}

arrivals as (
    {% for source, table, key in raw_tables() -%}
    {{ 'union all' if not loop.first }}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        count(*) as rows_raw,
        coalesce(sum(case when received_at > {{ as_of() }} then 1 else 0 end), 0) as rows_not_yet_received
    from {{ source }}_{{ table }}_received
    {% endfor -%}
),

fates as (
    {% for source, table, key in raw_tables() -%}
    {{ 'union all' if not loop.first }}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        coalesce(sum(case when fate = 'staged' then 1 else 0 end), 0) as rows_staged,
        coalesce(sum(case when fate = 'duplicate' then 1 else 0 end), 0) as rows_duplicate,
        coalesce(sum(case when is_superseded then 1 else 0 end), 0) as rows_superseded,
        coalesce(sum(case when fate = 'rejected' then 1 else 0 end), 0) as rows_rejected
    from {{ ref('checked_' ~ source ~ '__' ~ table) }}
    {% endfor -%}
)

select
    arrivals.source,
    arrivals.source_table,
    cast(arrivals.rows_raw as bigint) as rows_raw,
    cast(arrivals.rows_not_yet_received as bigint) as rows_not_yet_received,
    cast(arrivals.rows_raw - arrivals.rows_not_yet_received as bigint) as rows_in,
    cast(fates.rows_staged as bigint) as rows_staged,
    cast(fates.rows_duplicate as bigint) as rows_duplicate,
    cast(fates.rows_superseded as bigint) as rows_superseded,
    cast(fates.rows_rejected as bigint) as rows_rejected,
    case arrivals.source
        {%- for source in ['crm', 'web', 'shop', 'email'] %}
        when '{{ source }}' then {{ 'true' if source in raw_sources() else 'false' }}
        {%- endfor %}
    end as is_listed
from arrivals
inner join fates on arrivals.source = fates.source and arrivals.source_table = fates.source_table
