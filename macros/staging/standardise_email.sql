{#-
    Exactly one address in lower case, or null. Blanks around it and invisible characters in it are dropped; a list,
    a display name, an inner blank or a letter outside ASCII makes it invalid, so that a look-alike (Cyrillic а)
    is never taken for somebody else. The check comes before lower(): 'K' (Kelvin) is not 'k'.
-#}
{% macro standardise_email(expression) -%}
    {%- set atom = '[A-Za-z0-9!#$%&\\x27*+/=?^_`{|}~-]+' -%}
    {%- set label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?' -%}
    {%- set top_level = '(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9])' -%}
    {%- set around = '[\\p{Z}\\p{Cc}]*' -%}
    {%- set address = atom ~ '(?:[.]' ~ atom ~ ')*@(?:' ~ label ~ '[.])+' ~ top_level -%}
    {%- set visible = regex_replace(expression, '\\p{Cf}+', '') -%}
    {%- set found = regex_extract(visible, '^' ~ around ~ '(' ~ address ~ ')' ~ around ~ '\\z', 1) -%}
    case
        when length({{ expression }}) <= 400
            then lower({{ regex_extract(regex_extract(found, '^.{6,254}\\z', 0), '^[^@]{1,64}@.+\\z', 0) }})
    end
{%- endmacro %}
