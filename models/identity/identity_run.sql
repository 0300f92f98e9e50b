{{ config(materialized='whole') }}

{%- set text = dbt.type_string() %}
{%- set because = full_run_because() or '' %}

with finished as (
    {{ rows_before('identity_finished_run', {'run_id': text, 'rules': text}) }}
),

begun as (
    {{ rows_before('identity_run', {'run_id': text, 'limits': text}) }}
),

this_run as (
    select
        '{{ invocation_id }}' as run_id,
        '{{ identity_rules() }}' as rules,
        '{{ identity_limits() }}' as limits
),

judged as (
    select
        this_run.run_id,
        this_run.rules,
        this_run.limits,
        coalesce(begun.limits <> this_run.limits, true) as has_other_limits,
        case
            when '{{ because }}' <> '' then '{{ because }}'
            when finished.run_id is null then 'first_run'
            when finished.run_id <> begun.run_id then 'last_run_unfinished'
            when finished.rules <> this_run.rules then 'changed_rules'
        end as full_because
    from this_run
    left join finished on 1 = 1
    left join begun on 1 = 1
)

select
    run_id,
    rules,
    limits,
    has_other_limits,
    full_because,
    full_because is not null as is_full
from judged
