{#- Of a trigger and a segment of one name the trigger counts. -#}
{%- for trigger in var('trigger_thresholds') if trigger not in var('triggers') -%}
    {{
        exceptions.raise_compiler_error(
            "var trigger_thresholds: there is no trigger " ~ trigger ~ "."
        )
    }}
{%- endfor -%}
{%- set columns = [
    'customer_id', 'occasion', 'happened_at', 'qualified_at', 'is_over', 'over_reason', 'cart_key',
    'order_id', 'product_id', 'to_email_key'
] %}

with
    customers as (select * from {{ ref('customers') }}),

    members as (select * from {{ ref('segment_memberships') }}),

    spells as (
        select *
        from {{ ref('segment_membership_history') }}
        where
            segment in (select trigger from {{ ref('campaigns') }})
            and segment not in ('{{ var("triggers") | join("', '") }}')
    ),

    -- A day on which somebody came in is one occasion, whatever happened on it.
    segment_days as (
        select
            spells.segment,
            spells.customer_id,
            cast({{ to_local('spells.entered_at', 'customers.timezone') }} as date) as entered_on,
            min(spells.entered_at) as entered_at,
            max(case when spells.left_at is null then 1 else 0 end) = 1 as is_member
        from spells
        inner join customers on spells.customer_id = customers.customer_id
        group by
            spells.segment,
            spells.customer_id,
            cast({{ to_local('spells.entered_at', 'customers.timezone') }} as date)
    ),

    -- A run saw it at entered_at; since when it is so, the segment says.
    segment_occasions as (
        select
            days.segment as trigger,
            days.customer_id,
            cast(days.entered_on as {{ dbt.type_string() }}) as occasion,
            least(days.entered_at, coalesce(members.qualified_at, days.entered_at)) as happened_at,
            least(days.entered_at, coalesce(members.qualified_at, days.entered_at)) as qualified_at,
            not days.is_member as is_over,
            case when not days.is_member then 'left_segment' end as over_reason,
            cast(null as {{ dbt.type_string() }}) as cart_key,
            cast(null as {{ dbt.type_string() }}) as order_id,
            cast(null as {{ dbt.type_string() }}) as product_id,
            cast(null as {{ dbt.type_string() }}) as to_email_key
        from segment_days as days
        left join
            members
            on days.is_member
            and days.segment = members.segment
            and days.customer_id = members.customer_id
    ),

    occasions as (
        {%- for trigger in var('triggers') %}
            select '{{ trigger }}' as trigger, {{ columns | join(', ') }}
            from {{ ref('trigger_' ~ trigger) }}

            union all
        {%- endfor %}

        select trigger, {{ columns | join(', ') }}
        from segment_occasions
    ),

    -- Up to twice the life of a letter: then the past is past.
    horizons as (
        select trigger, max(7200 * expires_after_hours) as life_seconds
        from {{ ref('campaigns') }}
        group by trigger
    )

select trigger, {{ columns | join(', ') }}
from occasions
inner join horizons using (trigger)
where {{ add_seconds("qualified_at", "life_seconds") }} > {{ as_of() }}
