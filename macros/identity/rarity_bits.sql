{#-
    How rare a value is, in bits: -log2 of the share of profiles that have it. A small shop's counts are mixed with a
    thousand imagined profiles in which values are as common as two random people agree (`share`). Counts and totals are
    rounded to powers of two, so that a few new records do not move the weights of all pairs, and a pair near the threshold does
    not join one night and part the next.
-#}
{% macro rarity_bits(count, total, share) -%}
    round(
        log2({{ nearest_power_of_two(total) }} + 1000)
        - log2({{ nearest_power_of_two(count) }} + 1000 * {{ share }}),
        2
    )
{%- endmacro %}

{#- log2 of the odds that two profiles drawn at random are such a pair, where each profile is in so many pairs. -#}
{% macro prior_bits(pairs_per_profile, profiles) -%}
    log2(2 * {{ pairs_per_profile }} / {{ nearest_power_of_two(profiles ~ ' + 1') }})
{%- endmacro %}

{#- The nearest of 1, 2, 4, 8 …: a count that stays the same while it grows a little. -#}
{% macro nearest_power_of_two(count) -%}
    power(2, round(log2({{ count }})))
{%- endmacro %}
