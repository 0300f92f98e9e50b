{#- Each rate of a campaign and what it is a share of: letters that arrived, but for those that did not. -#}
{% macro performance_rates() -%}
    {{ return({
        'opened': 'delivered',
        'clicked': 'delivered',
        'unsubscribed': 'delivered',
        'complained': 'delivered',
        'bounced': 'sent',
    }) }}
{%- endmacro %}
