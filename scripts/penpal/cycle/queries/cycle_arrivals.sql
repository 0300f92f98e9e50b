{{ config(group='identity') }}
{#- How often a group of new records grows by whoever shares a value with one of it. -#}
{%- set rounds = 4 -%}
{%- set text = dbt.type_string() -%}
-- One row per record that came since the night and whose customer is known: that of its strong key, else of a value that
-- one customer alone holds and nothing suppresses; whoever shares nothing with anybody is new. The others wait.
with
    night as (select * from {{ ref('identity_map') }}),

    holders as (select * from {{ ref('customer_identifiers') }}),

    limits as (select * from {{ ref('identifier_limits') }} where is_personal),

    ledger as ({{ ledger_rows('customer_id_assignments', customer_id_columns()) }}),

    records as (
        select
            records.*,
            coalesce(cast(records.observed_at as {{ text }}), '9999') || ' ' || records.record_key as seniority
        from {{ ref('identity_records') }} as records
        left join night on records.record_key = night.record_key
        where night.record_key is null
    ),

    -- A value that binds nobody says nothing.
    said as (
        select stated.record_key, stated.identifier_type, stated.identifier_value, limits.is_strong
        from {{ ref('identity_stated_values') }} as stated
        inner join records on stated.record_key = records.record_key
        inner join limits on stated.identifier_type = limits.identifier_type
        left join {{ ref('identity_blocked_values') }} as blocked
            on stated.identifier_type = blocked.identifier_type
            and stated.identifier_value = blocked.identifier_value
        left join {{ ref('blocked_identifiers') }} as patterns
            on stated.identifier_type = patterns.identifier_type
            and stated.identifier_value like patterns.pattern
        where blocked.identifier_value is null and patterns.pattern is null
        group by stated.record_key, stated.identifier_type, stated.identifier_value, limits.is_strong
    ),

    found as (
        select
            said.record_key,
            said.is_strong,
            holders.customer_id,
            holders.is_shared,
            -- By an address or a phone alone nobody gets another given name.
            not said.is_strong
            and coalesce(
                split_part(records.first_name_key, ' ', 1) <> split_part({{ unaccent('lower(customers.first_name)') }}, ' ', 1),
                false
            ) as is_contradicted
        from said
        inner join records on said.record_key = records.record_key
        inner join holders
            on said.identifier_type = holders.identifier_type
            and said.identifier_value = holders.identifier_value
        left join {{ ref('customers') }} as customers on holders.customer_id = customers.customer_id
    ),

    judged as (
        select
            record_key,
            min(case when is_strong then customer_id end) as key_customer_id,
            max(case when is_strong then customer_id end) as last_key_customer_id,
            min(case when not is_strong then customer_id end) as value_customer_id,
            max(case when not is_strong then customer_id end) as last_value_customer_id,
            max(case when is_strong and is_shared then 1 else 0 end) = 1 as is_key_shared,
            max(case when is_shared or is_contradicted then 1 else 0 end) = 1 as is_doubtful
        from found
        group by record_key
    ),

    attached as (
        select
            record_key,
            case
                when key_customer_id = last_key_customer_id and not is_key_shared
                then key_customer_id
                when key_customer_id is null and value_customer_id = last_value_customer_id and not is_doubtful
                then value_customer_id
            end as customer_id
        from judged
    ),

    -- Whoever shares a value with another new record is one with it.
    group_0 as (select record_key, seniority as label from records),
    {%- for round in range(rounds) %}

    values_{{ round }} as (
        select said.identifier_type, said.identifier_value, min(group_{{ round }}.label) as label
        from said
        inner join group_{{ round }} on said.record_key = group_{{ round }}.record_key
        group by said.identifier_type, said.identifier_value
    ),

    group_{{ round + 1 }} as (
        select said.record_key, min(values_{{ round }}.label) as label
        from said
        inner join values_{{ round }}
            on said.identifier_type = values_{{ round }}.identifier_type
            and said.identifier_value = values_{{ round }}.identifier_value
        group by said.record_key
    ),
    {%- endfor %}

    -- A group takes the one customer that its records lead to; where one of them waits, all do.
    groups as (
        select
            members.label,
            min(attached.customer_id) as customer_id,
            max(attached.customer_id) as last_customer_id,
            count(attached.record_key) as known_count,
            count(attached.customer_id) as attached_count
        from group_{{ rounds }} as members
        left join attached on members.record_key = attached.record_key
        group by members.label
    ),

    -- An id that was given once is given again.
    given as (
        select record_key, {{ last_by('customer_id', 'sequence') }} as customer_id
        from ledger
        group by record_key
    ),

    firsts as (
        select records.seniority as label, records.record_key, given.customer_id
        from records
        left join given on records.record_key = given.record_key
    ),

    decided as (
        select
            records.record_key,
            records.source_table,
            records.source_key,
            records.observed_at as first_seen_at,
            groups.label,
            case
                when attached.customer_id is not null
                then attached.customer_id
                when groups.known_count = groups.attached_count and groups.attached_count > 0
                    and groups.customer_id = groups.last_customer_id
                then groups.customer_id
                when groups.known_count = 0
                then
                    coalesce(
                        firsts.customer_id,
                        {{ hash_uuid("'customer:' || firsts.record_key || ':0'") }}
                    )
            end as customer_id,
            groups.known_count = 0 and attached.customer_id is null as is_new
        from records
        inner join group_{{ rounds }} as members on records.record_key = members.record_key
        inner join groups on members.label = groups.label
        inner join firsts on groups.label = firsts.label
        left join attached on records.record_key = attached.record_key
    ),

    -- Of whom the keys of the night hold together with it.
    key_groups as (
        select said.record_key, min(night.key_group) as key_group
        from said
        inner join {{ ref('identity_record_values') }} as stated
            on said.identifier_type = stated.identifier_type
            and said.identifier_value = stated.identifier_value
        inner join night on stated.record_id = night.record_id
        inner join decided
            on said.record_key = decided.record_key
            and night.customer_id = decided.customer_id
        group by said.record_key
    )

select
    -row_number() over (order by decided.record_key) as record_id,
    decided.record_key,
    decided.source_table,
    decided.source_key,
    decided.customer_id,
    coalesce(
        min(key_groups.key_group) over (partition by decided.label, decided.customer_id),
        -dense_rank() over (order by decided.label)
    ) as key_group,
    decided.first_seen_at,
    decided.is_new
from decided
left join key_groups on decided.record_key = key_groups.record_key
where decided.customer_id is not null
