{#- Postal code in capitals with its country's blanks and dashes; leading zeros that a spreadsheet ate are put back. -#}
{% macro postal_code(expression, country) -%}
    {#- A number's '.0' and a text's leading quote are a spreadsheet's. -#}
    {%- set given = regex_replace("substr(" ~ expression ~ ", 1, 32)", '^\\x27|^=\"|\"$|[.]0$', '') -%}
    {%- set in_its_form -%}
    case
        when {{ is_no_value(expression, 'postal_code') }} or {{ regex_full_match('tight', '0*') }} then null
        when {{ country }} = 'GB' and {{ regex_full_match('tight', '[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}') }}
            then {{ regex_replace('tight', '(...)$', ' \\1') }}
        when {{ country }} = 'CA' and {{ regex_full_match('tight', '[A-Z][0-9][A-Z][0-9][A-Z][0-9]') }}
            then {{ regex_replace('tight', '(...)$', ' \\1') }}
        when {{ country }} = 'NL' and {{ regex_full_match('tight', '[0-9]{4}[A-Z]{2}') }}
            then {{ regex_replace('tight', '(..)$', ' \\1') }}
        when {{ country }} in ('SE', 'CZ', 'SK', 'GR') and {{ regex_full_match('tight', '[0-9]{5}') }}
            then {{ regex_replace('tight', '(..)$', ' \\1') }}
        when {{ country }} = 'PL' and {{ regex_full_match('tight', '[0-9]{5}') }}
            then {{ regex_replace('tight', '(...)$', '-\\1') }}
        when {{ country }} = 'PT' and {{ regex_full_match('tight', '[0-9]{7}') }}
            then {{ regex_replace('tight', '(...)$', '-\\1') }}
        when {{ country }} = 'JP' and {{ regex_full_match('tight', '[0-9]{7}') }}
            then {{ regex_replace('tight', '(....)$', '-\\1') }}
        when {{ country }} = 'US' and {{ regex_full_match('tight', '[0-9]{9}') }}
            then {{ regex_replace('tight', '(....)$', '-\\1') }}
        when {{ country }} in ('US', 'DE', 'FR', 'ES', 'IT') and {{ regex_full_match('tight', '[A-Z]{0,2}[0-9]{4,5}') }}
            then lpad({{ regex_replace('tight', '[A-Z]', '') }}, 5, '0')
        when {{ country }} in ('AT', 'CH', 'BE', 'DK', 'NO', 'LU')
            and {{ regex_full_match('tight', '[A-Z]{1,3}[0-9]{4}') }}
            then {{ regex_replace('tight', '[A-Z]', '') }}
        else upper({{ clean_text('code', 16) }})
    end
    {%- endset -%}
    {{ with_value('code', given, with_value('tight', regex_replace('upper(code)', '[^0-9A-Z]+', ''), in_its_form)) }}
{%- endmacro %}
