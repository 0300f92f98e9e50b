{#- Yes or no as programs write it: -1 by Access, 1.0 by pandas where a column has gaps, X by SAP. -#}
{% macro parse_boolean(expression) -%}
    case
        when lower({{ expression }}) in (
            'true', 't', '1', '1.0', '-1', '-1.0', 'yes', 'y', 'on', 'x', 'ja', 'oui', 'si', 'sí', 'sim', 'checked', 'enabled'
        ) then true
        when lower({{ expression }}) in (
            'false', 'f', '0', '0.0', '-0.0', 'no', 'n', 'off', 'nein', 'non', 'não', 'nee', 'unchecked', 'disabled'
        ) then false
    end
{%- endmacro %}
