{#-
    Text for people: encoding repaired, HTML entities decoded, invisible characters dropped, blanks of any kind and control characters
    collapsed to one blank, cut at max_length. The first cut keeps a megabyte of text from costing time.
-#}
{% macro clean_text(expression, max_length=60) -%}
    {%- set short = "substr(" ~ expression ~ ", 1, " ~ 4 * max_length ~ ")" -%}
    {%- set repaired = with_value('short_text', short, fix_mojibake('short_text')) -%}
    {%- set decoded = with_value('repaired', repaired, decode_entities('repaired')) -%}
    {%- set visible = regex_replace(decoded, '\\p{Cf}+', '') -%}
    nullif(trim(substr(trim({{ regex_replace(visible, '[\\p{Z}\\p{Cc}]+', ' ') }}), 1, {{ max_length }})), '')
{%- endmacro %}
