{#-
    A day of birth. A year of two digits is read only where it can mean one century, that is where the other reading
    would lie after as_of: '23.07.67', but not '19.06.10'.
-#}
{% macro parse_birth_date(expression) -%}
    {%- set full_year -%}
        case
            when {{ regex_full_match(expression, '[0-9]{1,2}([./])[0-9]{1,2}[./][0-9]{2}') }}
                and substr({{ expression }}, length({{ expression }}) - 1) > '{{ (as_of_text() | trim)[2:4] }}'
                then {{ regex_replace(expression, '([0-9]{2})$', '19\\1') }}
            else {{ expression }}
        end
    {%- endset -%}
    {{ with_value('full_year', full_year, parse_date('full_year')) }}
{%- endmacro %}

{#- A day of birth, unless it lies after the receipt of its row or makes somebody more than 120 years old. -#}
{% macro possible_birth_date(birth_date, received_at) -%}
    case
        when {{ birth_date }} between {{ add_years(as_of_day(), -120) }}
            and coalesce(cast({{ received_at }} as date), {{ as_of_day() }})
            then {{ birth_date }}
    end
{%- endmacro %}
