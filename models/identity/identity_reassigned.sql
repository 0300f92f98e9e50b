{{ config(materialized='whole') }}

-- depends_on: {{ ref('identity_clusters') }}
-- depends_on: {{ ref('identity_regrouped') }}

{%- set text = dbt.type_string() %}
{%- set before_columns = {'record_key': text, 'customer_id': text, 'component': text} %}
{%- set ledger_columns = {'record_key': text, 'customer_id': text, 'sequence': 'bigint'} %}

{% if run_is_full() %}
    select
        record_key,
        cast(null as {{ text }}) as previous_customer_id
    from {{ ref('identity_clusters') }}
{% else %}
    with clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

    regrouped as (select * from {{ ref('identity_regrouped') }}),

    before as {{ inline_cte() }} (
        {{ rows_before('identity_map', before_columns) }}
    ),

    ledger as (
        {{ rows_before('ledger_customer_id_assignments', ledger_columns) }}
    ),

    -- Who comes back has the id from before, unless somebody else has it now.
    returned as (
        select
            ledger.record_key,
            {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id
        from ledger
        inner join regrouped on ledger.record_key = regrouped.record_key
        inner join clusters on regrouped.record_key = clusters.record_key
        left join before on ledger.record_key = before.record_key
        where before.record_key is null
        group by ledger.record_key
    ),

    -- New, gone, or in another component than before.
    moved as (
        select
            clusters.component,
            coalesce(before.customer_id, returned.customer_id) as customer_id
        from regrouped
        left join clusters on regrouped.record_key = clusters.record_key
        left join before on regrouped.record_key = before.record_key
        left join returned on regrouped.record_key = returned.record_key
        where
            clusters.record_key is null
            or before.record_key is null
            or clusters.component <> before.component
    ),

    -- Where they are now, and where whoever had their ids is.
    components as (
        select component
        from moved
        union
        select clusters.component
        from before
        inner join moved on before.customer_id = moved.customer_id
        inner join clusters on before.record_key = clusters.record_key
    ),

    records as (
        select clusters.record_key
        from clusters
        inner join components on clusters.component = components.component
        union
        select record_key
        from regrouped
    )

    select
        records.record_key,
        before.customer_id as previous_customer_id
    from records
    left join before on records.record_key = before.record_key
{% endif %}
