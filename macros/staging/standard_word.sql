{#- A word in its standard form, from its variants in any case; null for a word that is not listed. -#}
{% macro standard_word(expression, variants) -%}
    case
        {%- for word, spellings in variants.items() %}
        when lower({{ expression }}) in ('{{ ([word] + spellings) | join("', '") }}') then '{{ word }}'
        {%- endfor %}
    end
{%- endmacro %}
