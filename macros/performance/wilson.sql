{#-
    Wilson's interval of a rate, 95 %: what the true rate may be when so many of so many did it. Null of none.
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
-#}
{% macro wilson_low(successes, trials) -%} {{ wilson_bound(successes, trials, '-') }} {%- endmacro %}

{% macro wilson_high(successes, trials) -%} {{ wilson_bound(successes, trials, '+') }} {%- endmacro %}

{% macro wilson_bound(successes, trials, sign) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = "nullif(cast(" ~ trials ~ " as double), 0)" -%}
    {%- set p = "(cast(" ~ successes ~ " as double) / " ~ n ~ ")" -%}
    -- Never outside of 0..1 by the last digit of a double.
    least(1, greatest(0,
        ({{ p }} + {{ z * z / 2 }} / {{ n }}
        {{ sign }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }})))
        / (1 + {{ z * z }} / {{ n }})
    ))
{%- endmacro %}
