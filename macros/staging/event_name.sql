{#-
    The name of an event as the Segment specification writes it, whatever the case and the marks between its words:
    'Order completed', 'order_completed' and 'orderCompleted' are 'Order Completed'.
-#}
{% macro event_name(name) -%}
    {%- set words = regex_replace(regex_replace(name, '([a-z0-9])([A-Z])', '\\1 \\2'), '[_./: -]+', ' ') -%}
    case
        when {{ regex_full_match(name, '[A-Z][a-z]+(?: [A-Z][a-z]+)*') }} then {{ name }}
        else nullif({{ capitalise_words('trim(' ~ words ~ ')') }}, '')
    end
{%- endmacro %}
