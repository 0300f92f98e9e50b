{#- ISO 4217 code; a sign only where it can mean one currency. -#}
{% macro currency_code(expression) -%}
    case upper({{ expression }})
        when '€' then 'EUR'
        when '£' then 'GBP'
        when 'US$' then 'USD'
        else {{ regex_extract("upper(" ~ expression ~ ")", '^[A-Z]{3}\\z', 0) }}
    end
{%- endmacro %}
