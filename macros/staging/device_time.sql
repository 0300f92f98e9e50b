{#-
    When something happened on a device: the time that comes with the event, else the Segment specification's correction
    of the device's clock: what it says, counted back from the receipt. May still lie after the receipt.
-#}
{% macro corrected_time(given_timestamp, original_timestamp, sent_at, received_at) -%}
    case
        when {{ is_possible_time(given_timestamp, received_at) }} then {{ given_timestamp }}
        when {{ sent_at }} is null then {{ original_timestamp }}
        else {{ add_seconds(received_at, '-' ~ seconds_between(original_timestamp, sent_at)) }}
    end
{%- endmacro %}

{#- Whether an event can have happened then: not after its receipt; a clock before 1995 was never set. -#}
{% macro is_possible_time(instant, received_at) -%}
    {{ instant }} between cast('1995-01-01' as timestamp) and {{ received_at }}
{%- endmacro %}
