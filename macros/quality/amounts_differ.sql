{#- How two amounts of one thing compare: agrees, other_unit (a hundredfold or a hundredth: cents), or conflicts. -#}
{% macro amounts_differ(one, other) -%}
    case
        when abs({{ one }} - {{ other }}) < 0.055 then 'agrees'
        when abs({{ one }} * 100 - {{ other }}) < 5.5 or abs({{ one }} - {{ other }} * 100) < 5.5 then 'other_unit'
        else 'conflicts'
    end
{%- endmacro %}
