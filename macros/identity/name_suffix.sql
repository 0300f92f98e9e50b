{#- What a word at the end of a name says: which of several namesakes in a family it is. -#}
{% macro name_suffixes() -%}
    {{ return({
        'sr': 'sr', 'snr': 'sr', 'senior': 'sr',
        'jr': 'jr', 'jnr': 'jr', 'junior': 'jr', 'ii': 'jr',
        'iii': 'iii',
        'iv': 'iv',
    }) }}
{%- endmacro %}

{#- The suffix that a name ends with: 'sr', 'jr' (the second as well), 'iii', 'iv', or null. Alone, the word is a name. -#}
{% macro name_suffix(name_key) -%}
    case
        when {{ name_key }} not like '% %' then null
        {%- for word, suffix in name_suffixes().items() %}
        when {{ name_key }} like '% {{ word }}' then '{{ suffix }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The name without it. -#}
{% macro without_name_suffix(name_key) -%}
    case
        when {{ name_key }} not like '% %' then {{ name_key }}
        {%- for word in name_suffixes() %}
        when {{ name_key }} like '% {{ word }}'
            then substr({{ name_key }}, 1, length({{ name_key }}) - {{ word | length + 1 }})
        {%- endfor %}
        else {{ name_key }}
    end
{%- endmacro %}
