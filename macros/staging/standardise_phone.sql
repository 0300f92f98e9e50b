{#-
    First step: what one would dial, digits with perhaps a leading +. Brackets, blanks, dots, dashes, 'tel:', an extension,
    a spreadsheet's leading quote, the '.0' of a number written as a decimal and the (0) of '+49 (0) 30 …' are dropped. Null for anything else, and for junk: eight equal digits at
    the end, or 123456789(0).
-#}
{% macro dialled_number(expression) -%}
    {%- set bare = regex_replace(
        "lower(substr(" ~ expression ~ ", 1, 60))", '^[=\\x22\\x27]+|\\x22$|^([+]?[0-9]+)[.]0$', '\\1'
    ) -%}
    {%- set bare = regex_replace(bare, '^tel[.:]?|(?:;|#|x|ext).*$', '') -%}
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
    Second step: E.164, or null. 00 and Australia's 0011 are a +. A number without them belongs to the row's country (calling_code and trunk_prefix
    of rules.countries); without a country it cannot be completed. Digits that begin with the country's own code and
    are too long for a national number are taken as international with the + forgotten.
-#}
{% macro standardise_phone(dialled, calling_code, trunk_prefix) -%}
    {%- set number -%}
        case
            when {{ dialled }} like '+00%' then substr({{ dialled }}, 4)
            when {{ dialled }} like '+%' then substr({{ dialled }}, 2)
            when {{ dialled }} like '0011%' then substr({{ dialled }}, 5)
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
    {%- set without_trunk = regex_replace('(' ~ number ~ ')', '^(' ~ codes_with_trunk_zero() ~ ')0+', '\\1') -%}
    '+' || {{ regex_extract(without_trunk, '^[1-9][0-9]{7,14}\\z', 0) }}
{%- endmacro %}

{#-
    Calling codes of the countries whose trunk prefix is 0 (as rules.countries has them), behind which no number begins
    with 0: '+44 0…' is a national number with the code put in front.
-#}
{% macro codes_with_trunk_zero() -%}
    20|27|3[123]|4[013469]|5[1458]|6[012346]|8[1246]|9[0-58]|21[1238]|23[1-4]|243|249|25[014-6]|26[0-4]|291|35[3589]
    {{- '|' -}} 37[034]|38[0125679]|421|59[013-68]|85[056]|880|886|96[1-4]|96[67]|97[0-267]|99[4-6]
{%- endmacro %}
