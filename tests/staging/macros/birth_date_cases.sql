{{ config(enabled=(var('raw_data') == 'sample' and not var('as_of'))) }}
-- Every line is a case: name, raw text, expected day (for the clock of the sample).
with

    cases(case_name, raw_date, expected) as (
        values
            ('iso', '1976-08-27', '1976-08-27'),
            ('iso-midnight-elsewhere', '1976-08-27T00:00:00+10:00', '1976-08-27'),
            ('slashed', '08/27/1976', '1976-08-27'),
            ('german', '27.8.1976', '1976-08-27'),
            ('two-digits-one-century', '27.08.76', '1976-08-27'),
            ('two-digits-two-centuries', '27.08.10', null),
            ('leap-day', '29.02.1988', '1988-02-29'),
            ('no-leap-day', '29.02.1989', null),
            ('word', 'unknown', null)
    ),

    parsed as (select cases.*, {{ parse_birth_date('raw_date') }} as birth_date from cases)

select *
from parsed
where birth_date is distinct from cast(expected as date)
