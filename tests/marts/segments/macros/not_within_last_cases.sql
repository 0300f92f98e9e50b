-- "Not in the last X days" is the opposite of "in the last X days", and true of who never did.
with

    cases(case_name, seconds_ago, expected) as (
        values
            ('at the clock', 0, false),
            ('after the clock', -1, true),
            ('a second less', 2 * 86400 + 3 * 3600 + 4 * 60 - 1, false),
            ('exactly', 2 * 86400 + 3 * 3600 + 4 * 60, true),
            ('never', null, true)
    ),

    times as (
        select
            case_name,
            expected,
            {{ add_seconds(as_of(), '-cast(seconds_ago as bigint)') }} as happened_at
        from cases
    )

select case_name
from times
where
    {{ not_within_last('happened_at', days=2, hours=3, minutes=4) }} <> expected
    or coalesce({{ within_last('happened_at', days=2, hours=3, minutes=4) }}, false) = expected
