{#-
    Who did it at least n times within some days: customer_id, times, when the nth time was (qualified_at) and the last
    (last_at). `events` is a CTE with customer_id and happened_at; with `different`, a column of it, each value counts once.
-#}
{% macro at_least_n_times(n, events, within_days, different=none) -%}
    select
        customer_id,
        count(*) as times,
        max(case when occurrence = {{ n }} then first_at end) as qualified_at,
        max(last_at) as last_at
    from
        (
            select
                customer_id,
                {{ 'min(happened_at)' if different else 'happened_at' }} as first_at,
                {{ 'max(happened_at)' if different else 'happened_at' }} as last_at,
                row_number() over (
                    partition by customer_id
                    order by {{ 'min(happened_at)' if different else 'happened_at' }}
                ) as occurrence
            from {{ events }}
            where {{ within_last('happened_at', days=within_days) }}
            {{ 'group by customer_id, ' ~ different if different }}
        ) as occurrences
    group by customer_id
    having count(*) >= {{ n }}
{%- endmacro %}
