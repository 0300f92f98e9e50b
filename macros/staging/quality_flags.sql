{#- 'invalid_email;bad_country' or null: the names whose condition holds, in the order given. -#}
{% macro quality_flags(conditions) -%}
    nullif(substr(
        {%- for flag, condition in conditions.items() %}
        {{ '|| ' if not loop.first }}case when {{ condition }} then ';{{ flag }}' else '' end
        {%- endfor %}
    , 2), '')
{%- endmacro %}
