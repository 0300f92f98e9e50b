{#-
    Text for people: encoding repaired, HTML entities decoded, invisible characters dropped, blanks of any kind and control characters
    collapsed to one blank, letters that show as a blank (Hangul fillers, empty Braille …) as well, cut at max_length. The first cut keeps a megabyte of text from costing time.
-#}
{% macro clean_text(expression, max_length=60) -%}
    {%- set short = "substr(" ~ expression ~ ", 1, " ~ 4 * max_length ~ ")" -%}
    {%- set repaired = with_value('short_text', short, fix_mojibake('short_text')) -%}
    {%- set decoded = with_value('repaired', repaired, decode_entities('repaired')) -%}
    {%- set visible = regex_replace(decoded, '\\p{Cf}+', '') -%}
    nullif(trim(substr(trim({{ regex_replace(visible, '[' ~ blanks() ~ ']+', ' ') }}), 1, {{ max_length }})), '')
{%- endmacro %}

{#- Inside the brackets of a regular expression: every character that shows as nothing but room. -#}
{% macro blanks() -%}
    {{ return('\\p{Z}\\p{Cc}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{2800}\\x{3164}\\x{FFA0}\\x{1D159}') }}
{%- endmacro %}
