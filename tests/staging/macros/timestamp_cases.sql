-- Every line is a case: name, raw text, expected instant in UTC (with the var slash_dates at
-- its default, mdy).
with

    cases(case_name, raw_instant, expected) as (
        values
            ('iso-zulu', '2026-03-29T01:30:00Z', '2026-03-29 01:30:00'),
            ('iso-offset', '2026-03-29T01:30:00+02:00', '2026-03-28 23:30:00'),
            ('iso-offset-without-colon', '2026-03-29 01:30:00+0200', '2026-03-28 23:30:00'),
            ('iso-no-offset-is-utc', '2026-03-29 01:30:00', '2026-03-29 01:30:00'),
            ('iso-milliseconds', '2026-03-29T01:30:00.250Z', '2026-03-29 01:30:00.25'),
            ('iso-day', '2026-03-29', '2026-03-29 00:00:00'),
            ('german-day', '29.03.2026', '2026-03-29 00:00:00'),
            ('german-minutes', '29.03.2026 01:30', '2026-03-29 01:30:00'),
            ('slashed-month-first', '03/29/2026', '2026-03-29 00:00:00'),
            ('slashed-both-possible', '04/05/2026', '2026-04-05 00:00:00'),
            ('slashed-day-first', '29/03/2026 01:30', '2026-03-29 01:30:00'),
            ('slashed-evening', '03/29/2026 01:30 PM', '2026-03-29 13:30:00'),
            ('unix-seconds', '1774747800', '2026-03-29 01:30:00'),
            ('unix-milliseconds', '1774747800250', '2026-03-29 01:30:00.25'),
            ('compact-day', '20260329', '2026-03-29 00:00:00'),
            ('leap-day', '2024-02-29', '2024-02-29 00:00:00'),
            ('no-leap-day', '2026-02-29', null),
            ('31-february', '1990-02-31', null),
            ('month-13', '13/13/1971', null),
            ('all-zero', '00/00/0000', null),
            ('hour-25', '2026-03-29 25:00:00', null),
            ('two-digit-year', '29.03.26', null),
            ('word', 'yesterday', null),
            ('trailing-text', '2026-03-29 or so', null)
    ),

    parsed as (select cases.*, {{ parse_timestamp('raw_instant') }} as instant from cases)

select *
from parsed
where instant is distinct from cast(expected as timestamp)
