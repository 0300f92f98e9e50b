{#-
    Decimal of an amount as text, whose currency stands beside it: as parse_money, and where the currency has no decimals
    (ISO 4217), what separates three digits is no decimal point: 12,800 and 12.800 yen are 12800.
-#}
{% macro parse_amount(expression, currency='currency') -%}
    case
        when upper({{ currency }}) in (
            'JPY', 'KRW', 'VND', 'CLP', 'ISK', 'PYG', 'XAF', 'XOF', 'XPF', 'RWF', 'UGX', 'BIF', 'DJF', 'GNF', 'KMF', 'VUV'
        ) and {{ regex_full_match(expression, '[^0-9]*[0-9]{1,3}(?:[.,][0-9]{3})+[^0-9]*') }}
            then {{ try_cast(
                "case when " ~ regex_extract(expression, '[(−-]', 0) ~ " is not null then '-' else '' end || "
                ~ regex_replace(expression, '[^0-9]', ''), 'decimal(18, 2)'
            ) }}
        else {{ parse_money(expression) }}
    end
{%- endmacro %}

{#- Whether a number may have thousands or a decimal point of three digits: 1.234 of a currency that has two. -#}
{% macro is_ambiguous_amount(expression, currency='currency') -%}
    {{ regex_full_match(expression, '-?[1-9][0-9]{0,2}[.][0-9]{3}') }}
    and upper({{ currency }}) not in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')
    and {{ parse_amount(expression, currency) }} < 1000
{%- endmacro %}
