{#-
    Repairs text that was written as UTF-8 and read as Latin-1 or Windows-1252 ('JosÃ©'), and puts letters that
    came in two parts (letter + combining accent) into one. Only text with the tell-tale letters is touched.
-#}
{% macro fix_mojibake(expression) -%}
    {%- set windows = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ' -%}
    {%- set any = '[\\x{01}-\\x{ff}' ~ windows ~ ']*' -%}
    {%- set misread = any ~ '[ÃÂÄÅâ][\\x{80}-\\x{bf}' ~ windows ~ ']' ~ any -%}
    case
        when {{ regex_extract(expression, '[ÃÂÄÅâ]', 0) }} is not null and {{ regex_full_match(expression, misread) }}
            then coalesce({{ reread_as_utf8(expression) }}, {{ expression }})
        when {{ regex_extract(expression, '[\u0300-\u036f\u1100-\u11ff]', 0) }} is not null
            then {{ compose_letters(expression) }}
        else {{ expression }}
    end
{%- endmacro %}
