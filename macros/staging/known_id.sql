{#-
    An id, unless it stands for none: a word that a program wrote in its place ('undefined', 'null', '0', an all-zero
    UUID …), or nothing but marks ('-', '#', '[]').
-#}
{% macro known_id(expression) -%}
    case
        when
            lower({{ expression }}) not in (
                'null', 'undefined', 'unknown', 'none', 'nan', 'nil', 'n/a', '#n/a', 'n.a.', '-1', 'anonymous', 'guest',
                'false', '[object object]'
            )
            and {{ regex_extract(expression, '[^\\p{P}\\p{S}\\p{Z}0]', 0) }} is not null
            then {{ expression }}
    end
{%- endmacro %}
