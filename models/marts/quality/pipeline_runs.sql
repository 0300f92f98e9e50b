{%- set facts = {
    'event': dbt.type_string(),
    'run': dbt.type_string(),
    'mode': dbt.type_string(),
    'number': 'integer',
    'name': dbt.type_string(),
    'status': dbt.type_string(),
    'started_at': 'timestamp',
    'ended_at': 'timestamp',
    'seconds': 'double',
    'attempts': 'integer',
    'exit_code': 'integer',
    'reasons': dbt.type_string(),
    'as_of': 'timestamp',
    'raw_data': dbt.type_string(),
    'commit': dbt.type_string(),
    'at': 'timestamp',
} %}

with
    -- A line that a crash cut off is none.
    lines as (select line from ({{ run_log() }}) as log_lines where {{ is_json('line') }}),

    events as (
        select
            {%- for fact, type in facts.items() %}
                {{ try_cast(json_text('line', fact), type) }} as {{ fact }}_given
                {{- ',' if not loop.last }}
            {%- endfor %}
        from lines
    ),

    ends as (
        select run_given as run, max(status_given) as run_status
        from events
        where event_given = 'ended'
        group by run_given
    ),

    -- A run that found another one had no step.
    steps as (
        select
            *,
            coalesce(name_given, 'prepare') as step,
            case when event_given = 'skipped' then 'skipped' else status_given end as status
        from events
        where event_given in ('step', 'skipped') and run_given is not null
    ),

    -- Killed after a step's end was written here and before it was in the record: it had ended.
    ranked as (
        select
            *,
            row_number() over (
                partition by run_given, step
                order by case when status = 'killed' then 1 else 0 end, at_given desc
            ) as choice
        from steps
    )

select
    ranked.run_given as run,
    ranked.step,
    ranked.mode_given as mode,
    coalesce(ranked.number_given, 0) as step_number,
    ranked.status,
    coalesce(
        ends.run_status, case when ranked.status = 'skipped' then 'skipped' else 'running' end
    ) as run_status,
    ranked.started_at_given as started_at,
    coalesce(ranked.ended_at_given, ranked.at_given) as ended_at,
    ranked.seconds_given as seconds,
    coalesce(ranked.attempts_given, 1) as attempts,
    ranked.exit_code_given as exit_code,
    ranked.reasons_given as reasons,
    ranked.as_of_given as as_of,
    ranked.raw_data_given as raw_data,
    ranked.commit_given as code_commit
from ranked
left join ends on ranked.run_given = ends.run
where ranked.choice = 1
