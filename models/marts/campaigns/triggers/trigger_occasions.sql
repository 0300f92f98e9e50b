{#- Of a trigger and a segment of one name the trigger counts. -#}
{%- set columns = [
    'customer_id', 'occasion', 'happened_at', 'qualified_at', 'is_over', 'over_reason', 'cart_key',
    'order_id', 'product_id'
] %}

with
    customers as (select * from {{ ref('customers') }}),

    segments as (
        select *
        from {{ ref('segment_memberships') }}
        where
            segment in (select trigger from {{ ref('campaigns') }})
            and segment not in ('{{ var("triggers") | join("', '") }}')
    )

{% for trigger in var('triggers') %}
    select '{{ trigger }}' as trigger, {{ columns | join(', ') }}
    from {{ ref('trigger_' ~ trigger) }}

    union all
{% endfor %}

-- Any segment is a trigger too: an occasion for each day on which a member qualified anew.
select
    segments.segment as trigger,
    segments.customer_id,
    cast(
        cast(
            {{ to_local('segments.qualified_at', 'customers.timezone') }} as date
        ) as {{ dbt.type_string() }}
    ) as occasion,
    segments.qualified_at as happened_at,
    segments.qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id
from segments
inner join customers on segments.customer_id = customers.customer_id
