{#-
    A moment as text in any form that exports use, as UTC: ISO 8601, numbers first or month names, 12-hour clocks,
    seconds, milliseconds or microseconds since 1970, a spreadsheet's day number. Without an offset it is UTC. Null for
    what has more than one meaning ('10:30 BST'), and for what programs write in place of a date (0001, 1900-01-01,
    1970-01-01, 9999). ISO comes first, because it is the only form that is quick.
-#}
{% macro parse_timestamp(expression) -%}
    case
        when {{ regex_full_match(expression, _iso_form()) }}
            and {{ expression }} not like '1970-01-01%'
            and {{ expression }} not like '1900-01-01%'
            then {{ iso_timestamp(expression) }}
        when {{ regex_full_match(expression, '(?:[2-6][0-9]{4}|[0-9]{10}|[0-9]{13}|[0-9]{16})(?:[.][0-9]+)?') }}
            then {{ epoch_timestamp(_epoch_microseconds(expression)) }}
        else {{ with_value('plain', _plain_instant(expression), add_seconds(
            iso_timestamp("replace(replace(plain, '~p', ''), '~a', '')"),
            "case when plain like '%~p%' then 43200 else 0 end"
        )) }}
    end
{%- endmacro %}

{#- A day, or a moment, of 1900 to 2199 in ISO form, as a regular expression. -#}
{% macro _iso_form(half_of_day='') -%}
    (?:19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?
    {{- half_of_day }}(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?
{%- endmacro %}

{#- Microseconds since 1970 of a number of seconds, milliseconds, microseconds or, after 1899-12-30, of days. -#}
{% macro _epoch_microseconds(expression) -%}
    case length(split_part({{ expression }}, '.', 1))
        when 5 then cast(round((cast({{ expression }} as double) - 25569) * 86400) as bigint) * 1000000
        when 10 then cast(cast({{ expression }} as decimal(22, 6)) * 1000000 as bigint)
        when 13 then cast(cast({{ expression }} as decimal(22, 6)) * 1000 as bigint)
        else cast(split_part({{ expression }}, '.', 1) as bigint)
    end
{%- endmacro %}

{#- Hours from UTC of the abbreviations that mean one thing, and of those that mean one thing in the var time_zone. -#}
{% macro _abbreviated_offsets() -%}
    {%- set offsets = {
        'cet': '+01:00', 'cest': '+02:00', 'eet': '+02:00', 'eest': '+03:00', 'edt': '-04:00', 'pdt': '-07:00',
        'jst': '+09:00', 'aest': '+10:00', 'aedt': '+11:00', 'nzst': '+12:00', 'nzdt': '+13:00',
    } -%}
    {%- do offsets.update({
        'Europe/London': {'bst': '+01:00'},
        'Europe/Dublin': {'ist': '+01:00'},
        'Asia/Kolkata': {'ist': '+05:30'},
        'Asia/Jerusalem': {'ist': '+02:00', 'idt': '+03:00'},
        'Asia/Dhaka': {'bst': '+06:00'},
        'Asia/Shanghai': {'cst': '+08:00'},
        'America/New_York': {'est': '-05:00'},
        'America/Chicago': {'cst': '-06:00', 'cdt': '-05:00'},
        'America/Denver': {'mst': '-07:00', 'mdt': '-06:00'},
        'America/Los_Angeles': {'pst': '-08:00'},
    }.get(var('time_zone'), {})) -%}
    {{ return(offsets) }}
{%- endmacro %}

{#-
    Another form of a moment brought into ISO form, '~a' or '~p' behind a time of 12 hours (0 to 11); null for what
    has none. One regular expression a form, each of which leaves the others' texts alone.
-#}
{% macro _plain_instant(expression) -%}
    {%- set ns = namespace(text="replace(lower(substr(" ~ expression ~ ", 1, 80)), '~', '?')") -%}
    {%- set month = '\\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\\b[.]?' -%}
    {%- set first, second = ('0?[1-9]|1[0-2]', '[0-9]{1,2}') if var('slash_dates') == 'mdy' else ('[0-9]{1,2}', '0?[1-9]|1[0-2]') -%}
    {%- set in_order, reversed = ('\\3-\\1-\\2', '\\3-\\2-\\1') if var('slash_dates') == 'mdy' else ('\\3-\\2-\\1', '\\3-\\1-\\2') -%}
    {#- Week days, and what JavaScript and Java write behind an offset: '(Central European Time)', '[Europe/Berlin]'. -#}
    {%- set ns.text = regex_replace(ns.text, '[\\p{Z}]+', ' ') -%}
    {%- set ns.text = regex_replace(ns.text, '^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.]?,? | ?[(][^)]*[)]$|\\[[a-z_/]+\\]$', '') -%}
    {%- set ns.text -%}
        {%- set number -%}
            'm' || substr(
                '01  02  03  04  05  06  07  08  09  10  11  12',
                instr('jan feb mar apr may jun jul aug sep oct nov dec', substr(month_name, 1, 3)), 2
            )
        {%- endset -%}
        {{ with_value('words', ns.text, with_value(
            'month_name', regex_extract('words', month, 0),
            'coalesce(replace(words, month_name, ' ~ number ~ '), words)'
        )) }}
    {%- endset -%}
    {%- for form, iso in [
        ('^([0-9]{4})([0-9]{2})([0-9]{2})t?([0-9]{2})([0-9]{2})([0-9]{2})', '\\1-\\2-\\3 \\4:\\5:\\6'),
        ('^([0-9]{4})([0-9]{2})([0-9]{2})(t|\\b)', '\\1-\\2-\\3\\4'),
        ('^([0-9]{4})[/.-]m?([0-9]{1,2})[/.-]([0-9]{1,2})\\b', '\\1-\\2-\\3'),
        ('^([0-9]{1,2})[.] ?([0-9]{1,2})[.] ?([0-9]{4})\\b', '\\3-\\2-\\1'),
        ('^([0-9]{1,2})(?:st|nd|rd|th|[.])?[ -]?m([0-9]{2}),?[ -]([0-9]{4})\\b', '\\3-\\2-\\1'),
        ('^m([0-9]{2}) ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})\\b', '\\3-\\1-\\2'),
        ('^m([0-9]{2}) ([0-9]{1,2}) ([0-9:]+)((?: [a-z]{3,4})?) ([0-9]{4})$', '\\5-\\1-\\2 \\3\\4'),
        ('^(' ~ first ~ ')[/-](' ~ second ~ ')[/-]([0-9]{4})\\b', in_order),
        ('^([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})\\b', reversed),
        ('^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:t|,? at |, ?| )([0-9])', '\\1 \\2'),
        ('^(1900|1970)-0?1-0?1\\b', ''),
        (' (0?[1-9]|1[0-2])(:[0-9:.]+) ?([ap])[.]?m\\b[.]?', ' \\1\\2~\\3'),
        (' 12(:[0-9:.]+~)', ' 00\\1'),
        ('(:[0-9.]+(?:~[ap])?) ?(?:gmt|utc)?([+-][0-9]{1,2})$', '\\1\\2:00'),
        ('(:[0-9.]+(?:~[ap])?) ?(?:gmt|utc)?([+-][0-9]{1,2}):?([0-9]{2})$', '\\1\\2:\\3'),
        ('(:[0-9.]+(?:~[ap])?) ?(?:z|utc|gmt|ut)$', '\\1+00:00'),
    ] -%}
        {%- set ns.text = regex_replace(ns.text, form, iso) -%}
    {%- endfor -%}
    {%- for zone, offset in _abbreviated_offsets().items() -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", ' " ~ zone ~ "', '" ~ offset ~ "')" -%}
    {%- endfor -%}
    {%- set ns.text = regex_replace(ns.text, '([ +-])([0-9])\\b', '\\10\\2') -%}
    {{ regex_extract(ns.text, '^' ~ _iso_form('(?:~[ap])?') ~ '\\z', 0) }}
{%- endmacro %}
