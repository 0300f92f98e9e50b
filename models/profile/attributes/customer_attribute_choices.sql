{%- set rules = [1, 2, 3, 4] %}

with
    candidates as {{ inline_cte() }} (select * from {{ ref('customer_attribute_candidates') }}),

    trust as (select * from {{ ref('attribute_trust') }}),

    rules as (select * from {{ ref('attribute_rules') }}),

    -- A known attribute is taken from the sources listed for it only; any other keeps its own name.
    known_attributes as (select distinct attribute_group from trust),

    -- A record is chosen with its whole group, so that an address is never pieced together. Most
    -- attributes are a group of their own: they need no sorting of text.
    told as (
        select
            customer_id,
            attribute_group,
            source,
            record_key,
            observed_at,
            case when is_partial then 1 else 0 end as partial,
            {{ unaccent('attribute_value') }} as said
        from candidates
        where attribute = attribute_group

        union all

        select
            customer_id,
            attribute_group,
            source,
            record_key,
            max(observed_at) as observed_at,
            max(case when is_partial then 1 else 0 end) as partial,
            {{ string_agg_ordered(unaccent('attribute_value'), ' ', 'attribute') }} as said
        from candidates
        where attribute <> attribute_group
        group by customer_id, attribute_group, source, record_key
    ),

    standings as (
        select
            told.*,
            coalesce(trust.trust, 9) as trusted,
            dense_rank() over (
                partition by told.customer_id, told.attribute_group
                order by told.observed_at desc nulls last
            ) as recent,
            count(*) over (partition by told.customer_id, told.attribute_group, told.said) as times,
            min(told.source) over (
                partition by told.customer_id, told.attribute_group, told.said
            ) as first_source,
            max(told.source) over (
                partition by told.customer_id, told.attribute_group, told.said
            ) as last_source
        from told
        left join
            trust on told.attribute_group = trust.attribute_group and told.source = trust.source
        left join known_attributes on told.attribute_group = known_attributes.attribute_group
        where trust.trust is not null or known_attributes.attribute_group is null
    ),

    -- The smaller the number, the better it stands.
    judged as (
        select
            standings.*,
            {%- for rule in rules %}
                case
                    coalesce(own_rules.rule_{{ rule }}, other_rules.rule_{{ rule }})
                    when 'trusted'
                    then standings.trusted
                    when 'verified'
                    then case when standings.first_source = standings.last_source then 1 else 0 end
                    when 'frequent'
                    then - standings.times
                    when 'recent'
                    then standings.recent
                end as standing_{{ rule }} {{- ',' if not loop.last }}
            {%- endfor %}
        from standings
        left join rules as own_rules on standings.attribute_group = own_rules.attribute_group
        left join
            rules as other_rules
            on own_rules.attribute_group is null
            and other_rules.attribute_group = '*'
    )

select
    customer_id,
    attribute_group,
    record_key,
    source,
    observed_at,
    said,
    partial = 1 as is_partial,
    cast(trusted as integer) as trust,
    cast(times as integer) as times,
    first_source <> last_source as is_verified,
    cast(
        row_number() over (
            partition by customer_id, attribute_group
            order by
                partial,
                {% for rule in rules %} standing_{{ rule }}, {% endfor %} recent,
                record_key
        ) as integer
    ) as place
from judged
