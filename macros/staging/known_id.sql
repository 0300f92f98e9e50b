{#- An id, unless a program wrote that it had none ('undefined', 'null', '0', an all-zero UUID …). -#}
{% macro known_id(expression) -%}
    case
        when lower({{ expression }}) not in (
            'null', 'undefined', 'none', 'nan', 'nil', 'n/a', '0', '-1', 'anonymous', 'guest', 'false', '[object object]',
            '00000000-0000-0000-0000-000000000000'
        ) then {{ expression }}
    end
{%- endmacro %}
