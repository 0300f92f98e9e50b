{#-
    How rare a value is, in bits: -log2 of the share of profiles that have it. A small shop's counts are mixed with a
    thousand imagined profiles in which values are as common as two random people agree (`share`). Counts and totals are
    rounded to half powers of two, so that a few new records do not move the rarity of everything.
-#}
{% macro rarity_bits(count, total, share) -%}
    round(
        log2(power(2, round(2 * log2({{ total }})) / 2) + 1000)
        - log2(power(2, round(2 * log2({{ count }})) / 2) + 1000 * {{ share }}),
        2
    )
{%- endmacro %}

{#- log2 of the odds that two profiles drawn at random are such a pair, where each profile is in so many pairs. -#}
{% macro prior_bits(pairs_per_profile, profiles) -%}
    log2(2 * {{ pairs_per_profile }} / power(2, round(2 * log2({{ profiles }} + 1)) / 2))
{%- endmacro %}
