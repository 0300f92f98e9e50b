{#-
    Exactly one address in lower case, or null. Blanks around it and invisible characters in it are dropped; a list,
    a display name, an inner blank or a letter outside ASCII makes it invalid, so that a look-alike (Cyrillic а)
    is never taken for somebody else. The check comes before lower(): 'K' (Kelvin) is not 'k'. Nor is it an address where it
    begins with - / or |, which programs that send take for an option, a file or a command, or where it holds '=?', which
    they decode to a header of its own: scripts/penpal/letters/shop.py says the same.
-#}
{% macro standardise_email(expression) -%}
    {%- set atom = '[A-Za-z0-9!#$%&\\x27*+/=?^_`{|}~-]+' -%}
    {%- set first_atom = '[A-Za-z0-9!#$%&\\x27*+=?^_`{}~][A-Za-z0-9!#$%&\\x27*+/=?^_`{|}~-]*' -%}
    {%- set label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?' -%}
    {%- set top_level = '(?:[A-Za-z]{2,}|[Xx][Nn]--[A-Za-z0-9-]*[A-Za-z0-9])' -%}
    {%- set address = '^' ~ first_atom ~ '(?:[.]' ~ atom ~ ')*@(?:' ~ label ~ '[.])+' ~ top_level ~ '\\z' -%}
    {%- set bare = regex_replace(expression, '\\p{Cf}+|^[\\p{Z}\\p{Cc}]+|[\\p{Z}\\p{Cc}]+\\z', '') -%}
    {%- set found = regex_extract(bare, address, 0) -%}
    {%- set short_enough = regex_extract(found, '^.{6,254}\\z', 0) -%}
    {#- Up to 64 characters no limit can be broken; beyond, the limits are 64 before the @, 63 a label, 254 in all. -#}
    case
        when {{ expression }} like '%=?%' then null
        when length({{ expression }}) <= 64 then lower({{ found }})
        when length({{ expression }}) <= 400
            then lower({{ regex_extract(short_enough, '^[^@]{1,64}@(?:[^.]{1,63}[.])+[^.]{1,63}\\z', 0) }})
    end
{%- endmacro %}
