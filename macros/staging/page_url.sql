{#- Path of a page's address: '/pens/p1' of 'https://shop.example/pens/p1?utm_source=x'. -#}
{% macro page_path(url) -%}
    case
        when {{ url }} is not null
            then coalesce({{ regex_extract(url, '^(?:(?i:https?)://[^/?#]*)?(/[^?#]*)', 1) }}, '/')
    end
{%- endmacro %}

{#- A parameter of a page's query, undecoded but for blanks, at most 200 characters. -#}
{% macro query_parameter(url, name) -%}
    nullif(trim(replace(replace(substr(
        {{ regex_extract(url, '^[^?#]*[?](?:[^#]*&)?' ~ name ~ '=([^&#]*)', 1) }}
    , 1, 200), '%20', ' '), '+', ' ')), '')
{%- endmacro %}
