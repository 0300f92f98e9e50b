{#-
    A singular test: no row of a raw table is lost or invented. Rows received by as_of, counted in the raw table itself,
    against staged + duplicate + rejected, and staged against the stg_ model.
-#}
{% macro conservation(source, table) -%}
with

arrivals as (
    select {{ received_at(source, table) }} as received_at from {{ ref('base_' ~ source ~ '__' ~ table) }}
),

seen as (
    select count(*) as rows_in from arrivals where {{ is_seen('received_at') }}
),

fates as (
    select
        coalesce(sum(case when fate = 'staged' then 1 else 0 end), 0) as rows_staged,
        coalesce(sum(case when fate = 'duplicate' then 1 else 0 end), 0) as rows_duplicate,
        coalesce(sum(case when fate = 'rejected' then 1 else 0 end), 0) as rows_rejected
    from {{ ref('checked_' ~ source ~ '__' ~ table) }}
),

staged as (
    select count(*) as rows_in_stg
    from {{ ref('stg_' ~ source ~ '__' ~ table) }}
    {%- if [source, table] == ['email', 'messages'] %}
    -- The ledger's letters are ours, not raw rows; where both have one, the ledger's is kept.
    where
        message_id in (select message_id from {{ ref('checked_email__messages') }} where fate = 'staged')
    {%- endif %}
)

select
    seen.rows_in,
    fates.rows_staged,
    fates.rows_duplicate,
    fates.rows_rejected,
    staged.rows_in_stg
from seen
cross join fates
cross join staged
where
    seen.rows_in != fates.rows_staged + fates.rows_duplicate + fates.rows_rejected
    or fates.rows_staged != staged.rows_in_stg
{%- endmacro %}
