{#- The strongest of a prediction's reasons that raises the probability: ': last order 674 days ago', or nothing. -#}
{% macro raising_reason(prediction) -%}
    coalesce(
        {%- for place in [1, 2, 3] %}
        case
            when {{ prediction }}.reason_{{ place }} like '% (raises it)'
                then ': ' || replace({{ prediction }}.reason_{{ place }}, ' (raises it)', '')
        end,
        {%- endfor %}
        ''
    )
{%- endmacro %}
