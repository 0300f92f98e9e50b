{#-
    What orders links of equal weight in a clustering: a scramble of the natural keys of what is
    linked, whichever comes first. In the keys' own order a chain of equal links would take a round
    for each of them.
-#}
{% macro link_tie(name_a, name_b) -%}
    substr(md5(least({{ name_a }}, {{ name_b }}) || '|' || greatest({{ name_a }}, {{ name_b }})), 1, 12)
{%- endmacro %}
