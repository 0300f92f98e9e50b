{#-
    An amount in the var base_currency, by way of the euro; null where a rate is missing. The base currency itself is
    never converted there and back: its factor is exactly 1.
-#}
{% macro in_base_currency(amount, currency, units_per_eur, base_units_per_eur) -%}
    case
        when {{ currency }} = '{{ var("base_currency") }}' then {{ amount }}
        else cast(
            round(cast({{ amount }} as double) / {{ units_per_eur }} * {{ base_units_per_eur }}, 2)
            as decimal(18, 2)
        )
    end
{%- endmacro %}
