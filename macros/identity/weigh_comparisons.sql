{#-
    The weights of compared pairs, in bits. `compared` is a CTE of compare_profiles; the query must have the CTEs
    match_weights and rarity (of the models of these names) in scope. Gives the pairs with a level and a weight a
    comparison, and
        household_evidence     what speaks for two people of one household; they agree in a date of birth (a default one, say) at
                               least as often as strangers do
        contradiction_weight   -100 where the two cannot be one, whatever else they share
        is_name_alone          whether they agree in nothing but what many people share: names, gender, country
-#}
{% macro weigh_comparisons(compared, keep=[]) -%}
{%- set names = {} -%}
{%- for name in national_terms() -%}
    {%- do names.update({
        name: 'case when rarity.country = other_rarity.country then rarity.national_' ~ name
        ~ '_bits else rarity.' ~ name ~ '_bits end'
    }) -%}
{%- endfor -%}
{%- set bits = {
    'first_name': names.first_name,
    'last_name': names.last_name,
    'birth_date': 'rarity.birth_date_bits',
    'location': "case location.term when 'city' then rarity.city_bits else rarity.postal_code_bits end",
    'city': 'rarity.city_bits',
    'street': 'rarity.street_bits',
    'email': 'rarity.email_bits',
    'phone': 'rarity.phone_bits',
} -%}
-- Agreement on a rare value says more: its rarity takes the place of how often values agree at large.
with weights as (
    select
        levels.comparison,
        levels.level,
        levels.term,
        log2(levels.m_probability / levels.u_probability) + coalesce(log2(terms.u_probability), 0) as weight,
        log2(levels.household_probability / levels.u_probability)
        + coalesce(log2(terms.u_probability), 0) as household_weight
    from match_weights as levels
    left join match_weights as terms
        on terms.comparison = 'term' and levels.term = terms.level
    where levels.comparison not in ('prior', 'term')
)

select
    {% for column in keep %}compared.{{ column }},
    {% endfor -%}
    compared.profile_a,
    compared.profile_b,
    {%- for comparison in comparisons() %}
        compared.{{ comparison }}_level,
        round(
            coalesce({{ comparison }}.weight, 0)
            + case when {{ comparison }}.term is not null then {{ bits.get(comparison, '0') }} else 0 end,
            2
        ) as {{ comparison }}_weight,
    {%- endfor %}
    round(
        0
        {%- for comparison in comparisons() %}
            + case
                when {{ comparison }}.term is null then coalesce({{ comparison }}.household_weight, 0)
                {%- if comparison == 'birth_date' %}
                -- Given names are chosen to differ in a family; days of birth just happen.
                else greatest({{ comparison }}.household_weight + {{ bits.get(comparison, '0') }}, 0)
                {%- else %}
                else {{ comparison }}.household_weight + {{ bits.get(comparison, '0') }}
                {%- endif %}
            end
        {%- endfor %},
        2
    ) as household_evidence,
    -- Who agrees in no name and was born on another day is somebody else, whatever they share; and so is
    -- a junior of a senior.
    case
        when compared.are_namesakes then -100
        when
            compared.first_name_level = 'different'
            and compared.last_name_level = 'different'
            and compared.birth_date_level = 'different'
            then -100
        else 0
    end as contradiction_weight,
    not (
        {%- for comparison, levels in telling_levels().items() %}
        {{ 'or ' if not loop.first }}coalesce(compared.{{ comparison }}_level in ('{{ levels | join("', '") }}'), false)
        {%- endfor %}
    ) as is_name_alone
from {{ compared }} as compared
inner join rarity on compared.profile_a = rarity.profile_id
left join rarity as other_rarity on compared.profile_b = other_rarity.profile_id
{%- for comparison in comparisons() %}
    left join weights as {{ comparison }}
        on {{ comparison }}.comparison = '{{ comparison }}'
        and compared.{{ comparison }}_level = {{ comparison }}.level
{%- endfor %}
{%- endmacro %}

{#-
    The levels of each comparison beside the name that make a pair more than namesakes. The number of a house does not, nor the
    local part of an address, which is made of the name more often than not.
-#}
{% macro telling_levels() -%}
    {{ return({
        'birth_date': ['exact', 'slip', 'near', 'year'],
        'location': [
            'postal_code_and_city', 'postal_code', 'postal_typo_and_city', 'postal_and_city_typo', 'city', 'city_typo',
            'postal_typo',
        ],
        'city': ['exact', 'typo'],
        'street': ['exact', 'typo', 'part', 'same_street', 'similar'],
        'email': ['exact', 'typo'],
        'phone': ['exact', 'typo'],
    }) }}
{%- endmacro %}
