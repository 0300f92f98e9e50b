{#-
    Decimal of an amount as text. A currency sign or code beside it, a decimal comma, thousands separators (also the
    Swiss and the Indian ones), and brackets or a minus behind for less than nothing are understood where only one
    reading is possible: '1.234,50', '1,234.50', '12,50', '$1,234'; not '1,234'.
-#}
{% macro parse_money(expression, type='decimal(18, 2)') -%}
    {%- set bare = regex_replace(
        "replace(" ~ expression ~ ", '−', '-')", '[\\p{Sc}\\p{Z}]|^[A-Za-z]{1,3}[.]?|[A-Za-z]{1,3}[.]?$|円$', ''
    ) -%}
    {%- set bare = regex_replace(bare, '[\\x27\\x{2019}]([0-9]{3})|^[+]([0-9])', '\\1\\2') -%}
    {%- set bare = regex_replace(bare, '^[(]([0-9.,]+)[)]$|^([0-9.,]+)-$', '-\\1\\2') -%}
    {%- set amount -%}
        case
            when {{ regex_full_match(expression, '-?[0-9]{1,16}(?:[.][0-9]{1,18})?') }} then {{ expression }}
            when {{ regex_full_match('bare', '-?[0-9]{1,16}(?:[.][0-9]{1,18})?') }} then bare
            when {{ regex_full_match('bare', '-?[0-9]+,[0-9]{1,2}') }} then replace(bare, ',', '.')
            when {{ regex_full_match('bare', '-?[0-9]{1,3}(?:[.][0-9]{3})+,[0-9]{1,2}|-?[0-9]{1,3}(?:[.][0-9]{3}){2,}') }}
                then replace(replace(bare, '.', ''), ',', '.')
            when {{ regex_full_match('bare', '-?[0-9]{1,3}(?:,[0-9]{3})+[.][0-9]{1,2}') }}
                or {{ regex_full_match('bare', '-?[0-9]{1,3}(?:,[0-9]{3}){2,}') }}
                or {{ regex_full_match('bare', '-?[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:[.][0-9]{1,2})?') }}
                -- No currency of these has three decimals.
                or (
                    {{ regex_full_match('bare', '-?[0-9]{1,3},[0-9]{3}') }}
                    and {{ regex_extract('upper(' ~ expression ~ ')', '[$£¥￥円₩₹]|USD|GBP|JPY|KRW|INR', 0) }} is not null
                )
                then replace(bare, ',', '')
        end
    {%- endset -%}
    {{ with_value('bare', bare, try_cast(amount, type)) }}
{%- endmacro %}

{#- A whole number as text ('3', '3.0'); null for anything else. -#}
{% macro parse_integer(expression) -%}
    {{ try_cast(regex_extract(expression, '^(-?[0-9]{1,9})(?:[.]0+)?\\z', 1), 'integer') }}
{%- endmacro %}
