{#- A link that may be put into a letter: https with a host, nothing that could end an attribute; else null. -#}
{% macro https_url(expression) -%}
    {{ regex_extract(expression, '^(?i:https)://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][^\\p{Z}\\p{Cc}\\x22\\x27<>\\x5c]*)?\\z', 0) }}
{%- endmacro %}

{#- A link of the web, for counting clicks by it; not fit for a letter. -#}
{% macro web_url(expression) -%}
    {{ regex_extract("substr(" ~ expression ~ ", 1, 2000)", '^(?i:https?)://[^\\p{Z}\\p{Cc}]+\\z', 0) }}
{%- endmacro %}
