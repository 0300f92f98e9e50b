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
        when {{ name_key }} not like '% %' then null
        {%- for suffix, words in name_suffixes().items() %}
        when
            {% for word in words %}
            {{- ' or ' if not loop.first }}{{ name_key }} like '% {{ word }}'
            {%- endfor %}
            then '{{ suffix }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The name without it. -#}
{% macro without_name_suffix(name_key) -%}
    case
        when {{ name_key }} not like '% %' then {{ name_key }}
        {%- for words in name_suffixes().values() %}
        {%- for word in words %}
        when {{ name_key }} like '% {{ word }}'
            then substr({{ name_key }}, 1, length({{ name_key }}) - {{ word | length + 1 }})
        {%- endfor %}
        {%- endfor %}
        else {{ name_key }}
    end
{%- endmacro %}
