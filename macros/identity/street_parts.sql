{#- The number of a house, before its street ("12 hill road") or behind it ("hauptstrasse 12 a", "rua augusta 1500 apt 4"). -#}
{% macro house_number(street_key) -%}
    coalesce(
        {{ regex_extract(street_key, '^([0-9]+)', 1) }},
        {{ regex_extract(street_key, _number_behind(), 1) }}
    )
{%- endmacro %}

{#- The street without the number, and what follows it, and without blanks. -#}
{% macro street_name(street_key) -%}
    replace(
        case
            when {{ regex_extract(street_key, '^[0-9]', 0) }} is null
                then {{ regex_replace(street_key, _number_behind(), '') }}
            else {{ regex_replace(street_key, '^[0-9]+', '') }}
        end,
        ' ',
        ''
    )
{%- endmacro %}

{% macro _number_behind() -%}
    {{ return(
        ' ([0-9]+)(?: ?[a-z])?(?: [0-9]+(?: ?[a-z])?)*'
        ~ '(?: (?:bis|ter|apt|ste|unit|top|whg|stiege|piso|esc|int|bus|et|og|fl)(?: .*)?)?$'
    ) }}
{%- endmacro %}
