{{ config(materialized='view') }}

{%- set named = ['first_name', 'last_name', 'phone'] %}
{%- set placed = named + ['street_address', 'city', 'postal_code', 'country'] %}
{%- set pairs = [
    ('crm.contacts', 'shop.customers', placed),
    ('crm.contacts', 'web.events', named),
    ('shop.customers', 'web.events', named),
] %}

with
    candidates as (
        select *
        from {{ ref('customer_attribute_candidates') }}
        where
            attribute in (
                {%- for attribute in placed %}
                    {{ dbt.string_literal(attribute) }}{{ ', ' if not loop.last }}
                {% endfor %}
            )
    ),

    -- What a source said last.
    placed as (
        select
            customer_id,
            source,
            attribute,
            {{ unaccent('attribute_value') }} as said,
            row_number() over (
                partition by customer_id, source, attribute
                order by observed_at desc nulls last, attribute_value, record_key
            ) as place
        from candidates
    ),

    told as (select customer_id, source, attribute, said from placed where place = 1),

    sources as (select customer_id, source from told group by customer_id, source),

    attributes as (select attribute from told group by attribute),

    pairs as (
        {% for one, other, compared in pairs %}
            select
                one.customer_id,
                attributes.attribute,
                one.source as one_source,
                other.source as other_source
            from sources as one
            inner join sources as other on one.customer_id = other.customer_id
            cross join attributes
            where
                one.source = {{ dbt.string_literal(one) }}
                and other.source = {{ dbt.string_literal(other) }}
                and attributes.attribute in (
                    {%- for attribute in compared %}
                        {{ dbt.string_literal(attribute) }}{{ ', ' if not loop.last }}
                    {%- endfor %}
                )
                {{ 'union all' if not loop.last }}
        {% endfor %}
    )

select
    pairs.customer_id,
    pairs.attribute,
    pairs.one_source,
    pairs.other_source,
    case
        when one.said is null
        then 'missing_in_one'
        when other.said is null
        then 'missing_in_other'
        when one.said = other.said
        then 'agrees'
        else 'conflicts'
    end as result
from pairs
left join
    told as one
    on pairs.customer_id = one.customer_id
    and pairs.one_source = one.source
    and pairs.attribute = one.attribute
left join
    told as other
    on pairs.customer_id = other.customer_id
    and pairs.other_source = other.source
    and pairs.attribute = other.attribute
where one.said is not null or other.said is not null
