{#- Letters that came in two parts (letter + combining accent) as one letter. -#}
{% macro compose_letters(expression) -%}
    {{ return(adapter.dispatch('compose_letters', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__compose_letters(expression) -%}
    nfc_normalize({{ expression }})
{%- endmacro %}

{#- Spark has no Unicode normalization: the accents of European names. -#}
{% macro spark__compose_letters(expression) -%}
    {%- set composed = {
        '\u0300': ['AEIOUaeiou', 'ÀÈÌÒÙàèìòù'],
        '\u0301': ['AEIOUYCNSZaeiouycnsz', 'ÁÉÍÓÚÝĆŃŚŹáéíóúýćńśź'],
        '\u0302': ['AEIOUaeiou', 'ÂÊÎÔÛâêîôû'],
        '\u0303': ['ANOano', 'ÃÑÕãñõ'],
        '\u0308': ['AEIOUaeiouy', 'ÄËÏÖÜäëïöüÿ'],
        '\u030a': ['AUau', 'ÅŮåů'],
        '\u030b': ['OUou', 'ŐŰőű'],
        '\u030c': ['CDENRSTZcdenrstz', 'ČĎĚŇŘŠŤŽčďěňřšťž'],
        '\u0327': ['CScs', 'ÇŞçş'],
        '\u0328': ['AEae', 'ĄĘąę'],
    } -%}
    {%- set ns = namespace(text=expression) -%}
    {%- for mark, pair in composed.items() -%}
        {%- for letter in pair[0] -%}
            {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letter ~ mark ~ "', '" ~ pair[1][loop.index0] ~ "')" -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}
