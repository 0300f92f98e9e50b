{#- Which of several namesakes in a family a name says it is, by the words that say so. -#}
{% macro name_suffixes() -%}
    {{ return({
        'sr': ['sr', 'snr', 'senior'],
        'jr': ['jr', 'jnr', 'junior', 'ii'],
        'iii': ['iii'],
        'iv': ['iv'],
    }) }}
{%- endmacro %}

{#- The suffix that a name ends with: 'sr', 'jr' (the second as well), 'iii', 'iv', or null. Alone, the word is a name. -#}
{% macro name_suffix(name_key) -%}
    case
        when {{ name_key }} like '% %'
            then
                case
                    {%- for suffix, words in name_suffixes().items() %}
                    when split_part({{ name_key }}, ' ', -1) in ('{{ words | join("', '") }}') then '{{ suffix }}'
                    {%- endfor %}
                end
    end
{%- endmacro %}

{#- The name without it. -#}
{% macro without_name_suffix(name_key) -%}
    case
        when {{ name_suffix(name_key) }} is null then {{ name_key }}
        else substr({{ name_key }}, 1, length({{ name_key }}) - length(split_part({{ name_key }}, ' ', -1)) - 1)
    end
{%- endmacro %}
