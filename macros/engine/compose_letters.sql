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
        '\u0301': ['AEIOUYCLNRSZaeiouyclnrsz', 'ÁÉÍÓÚÝĆĹŃŔŚŹáéíóúýćĺńŕśź'],
        '\u0302': ['AEIOUCGHJSWYaeioucghjswy', 'ÂÊÎÔÛĈĜĤĴŜŴŶâêîôûĉĝĥĵŝŵŷ'],
        '\u0303': ['AINOUainou', 'ÃĨÑÕŨãĩñõũ'],
        '\u0304': ['AEIOUaeiou', 'ĀĒĪŌŪāēīōū'],
        '\u0306': ['AGUagu', 'ĂĞŬăğŭ'],
        '\u0307': ['CEGIZcegz', 'ĊĖĠİŻċėġż'],
        '\u0308': ['AEIOUYaeiouy', 'ÄËÏÖÜŸäëïöüÿ'],
        '\u030a': ['AUau', 'ÅŮåů'],
        '\u030b': ['OUou', 'ŐŰőű'],
        '\u030c': ['CDELNRSTZcdelnrstz', 'ČĎĚĽŇŘŠŤŽčďěľňřšťž'],
        '\u0326': ['STst', 'ȘȚșț'],
        '\u0327': ['CGKLNRSTcgklnrst', 'ÇĢĶĻŅŖŞŢçģķļņŗşţ'],
        '\u0328': ['AEIUaeiu', 'ĄĘĮŲąęįų'],
    } -%}
    {%- set ns = namespace(text=expression) -%}
    {%- for mark, pair in composed.items() -%}
        {%- for letter in pair[0] -%}
            {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letter ~ mark ~ "', '" ~ pair[1][loop.index0] ~ "')" -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}
