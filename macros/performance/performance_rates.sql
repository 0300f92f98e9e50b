{#- Each rate of a campaign and what it is a share of: letters that arrived, but for those that did not and for codes. -#}
{% macro performance_rates() -%}
    {{ return({
        'opened': 'delivered',
        'clicked': 'delivered',
        'unsubscribed': 'delivered',
        'complained': 'delivered',
        'bounced': 'sent',
        'redeemed': 'offered',
    }) }}
{%- endmacro %}
