{% set thresholds = segment_thresholds(from_age=25, to_age=34) %}

{%- set old_enough_on = add_years("birth_date", thresholds.from_age) %}
{%- set begun_at = "greatest(first_seen_at, cast(" ~ old_enough_on ~ " as timestamp))" %}

{{
    customers_where(
        "is_urban and age between " ~ thresholds.from_age ~ " and " ~ thresholds.to_age,
        since="least(" ~ begun_at ~ ", " ~ as_of() ~ ")",
        reason="{age} years old, in an urban place",
    )
}}
