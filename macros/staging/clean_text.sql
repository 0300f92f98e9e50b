{#-
    Text for people: encoding repaired, HTML entities decoded, invisible characters dropped, blanks of any kind and control characters
    collapsed to one blank, cut at max_length. The first cut keeps a megabyte of text from costing time.
-#}
{% macro clean_text(expression, max_length=60) -%}
    {%- set short = "substr(" ~ expression ~ ", 1, " ~ 4 * max_length ~ ")" -%}
    {%- set visible = regex_replace(decode_entities('(' ~ fix_mojibake(short) ~ ')'), '\\p{Cf}+', '') -%}
    nullif(trim(substr(trim({{ regex_replace(visible, '[\\p{Z}\\p{Cc}]+', ' ') }}), 1, {{ max_length }})), '')
{%- endmacro %}
