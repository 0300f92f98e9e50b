{% set thresholds = segment_thresholds(from_age=25, to_age=34) %}

{%- set old_enough_at -%} cast({{ add_years("birth_date", thresholds.from_age) }} as timestamp) {%- endset %}

{{
    customers_where(
        "is_urban and age between " ~ thresholds.from_age ~ " and " ~ thresholds.to_age,
        since="least(greatest(first_seen_at, " ~ old_enough_at ~ "), " ~ as_of() ~ ")",
        reason="{age} years old, in an urban place",
    )
}}
