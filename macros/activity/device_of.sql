{#- Kind of device that a browser says it runs on; null when it says nothing. -#}
{% macro device_of(user_agent) -%}
    case
        when {{ user_agent }} is null then null
        when lower({{ user_agent }}) like '%ipad%' or lower({{ user_agent }}) like '%tablet%' then 'tablet'
        when
            lower({{ user_agent }}) like '%mobi%'
            or lower({{ user_agent }}) like '%iphone%'
            or lower({{ user_agent }}) like '%android%'
            then 'mobile'
        when
            lower({{ user_agent }}) like '%windows%'
            or lower({{ user_agent }}) like '%macintosh%'
            or lower({{ user_agent }}) like '%linux%'
            or lower({{ user_agent }}) like '%cros%'
            then 'desktop'
        else 'other'
    end
{%- endmacro %}
