{#-
    First step: what one would dial, digits with perhaps a leading +. Brackets, blanks, dots, dashes, 'tel:', an extension
    and the (0) of '+49 (0) 30 …' are dropped. Null for anything else, and for junk: eight equal digits at
    the end, or 123456789(0).
-#}
{% macro dialled_number(expression) -%}
    {%- set bare = regex_replace(
        "lower(substr(" ~ expression ~ ", 1, 60))", '^tel[.:]?|(?:;|#|x|ext).*$', ''
    ) -%}
    {%- set bare = regex_replace(bare, '^([^0-9]*(?:[+]|00)[^(]*)[(]0[)]', '\\1') -%}
    {%- set sound = regex_extract(bare, '^[\\p{Z}\\p{Cf}(]*[+]?[0-9\\p{Z}()./\\p{Pd}\\p{Cf}]+\\z', 0) -%}
    {%- set digits = regex_replace(sound, '[^0-9+]', '') -%}
    {%- set same = [] -%}
    {%- for digit in range(10) -%}{%- do same.append(digit ~ '{8}') -%}{%- endfor -%}
    nullif({{ regex_replace(
        digits,
        '^.*(?:' ~ same | join('|') ~ ')$|^[+0-9]{0,4}1234567890$|^[+0]{0,3}123456789$',
        ''
    ) }}, '')
{%- endmacro %}

{#-
    Second step: E.164, or null. A number without + or 00 belongs to the row's country (calling_code and trunk_prefix
    of rules.countries); without a country it cannot be completed. Digits that begin with the country's own code and
    are too long for a national number are taken as international with the + forgotten.
-#}
{% macro standardise_phone(dialled, calling_code, trunk_prefix) -%}
    {%- set number -%}
        case
            when {{ dialled }} like '+%' then substr({{ dialled }}, 2)
            when {{ dialled }} like '00%' then substr({{ dialled }}, 3)
            when {{ calling_code }} = '1' then
                case
                    when {{ dialled }} like '011%' and length({{ dialled }}) > 11 then substr({{ dialled }}, 4)
                    when length({{ dialled }}) = 10 then '1' || {{ dialled }}
                    when length({{ dialled }}) = 11 and {{ dialled }} like '1%' then {{ dialled }}
                end
            when {{ dialled }} like {{ trunk_prefix }} || '%'
                then {{ calling_code }} || substr({{ dialled }}, length({{ trunk_prefix }}) + 1)
            when {{ dialled }} like {{ calling_code }} || '%'
                and length({{ dialled }}) >= length({{ calling_code }}) + 9
                then {{ dialled }}
            else {{ calling_code }} || {{ dialled }}
        end
    {%- endset -%}
    '+' || {{ regex_extract(number, '^[1-9][0-9]{7,14}\\z', 0) }}
{%- endmacro %}
