{#- Why two aliases that contradict each other (see contradict) cannot be one person; null where they do not. -#}
{% macro why_apart(a, b) -%}
    case
        when not {{ same_given_name(a, b) }} then 'different_given_names'
        when {{ different_suffixes(a, b) }} then 'different_name_suffixes'
        when {{ different_birth_dates(a ~ '.birth_date', b ~ '.birth_date') }}
            then 'different_birth_dates'
    end
{%- endmacro %}
