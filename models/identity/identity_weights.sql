{{ config(materialized='view') }}

{%- set terms = {
    'first_name': 'a.first_name_bits',
    'last_name': 'a.last_name_bits',
    'birth_date': 'a.birth_date_bits',
    'location': "case location.term when 'city' then a.city_bits else a.postal_code_bits end",
    'street': 'a.street_bits',
    'email': 'a.email_bits',
    'phone': 'a.phone_bits',
    'gender': '0',
} %}

with compared as (select * from {{ ref('identity_comparisons') }}),

profiles as (select * from {{ ref('identity_profiles') }}),

match_weights as (select * from {{ ref('match_weights') }}),

-- Agreement on a rare value says more: its rarity takes the place of how often values agree at
-- large.
weights as (
    select
        levels.comparison,
        levels.level,
        levels.term,
        log2(levels.m_probability / levels.u_probability) + coalesce(log2(terms.u_probability), 0)
            as weight,
        log2(levels.household_probability / levels.u_probability)
        + coalesce(log2(terms.u_probability), 0) as household_weight
    from match_weights as levels
    left join match_weights as terms
        on terms.comparison = 'term' and levels.term = terms.level
    where levels.comparison not in ('prior', 'term')
)

select
    compared.profile_a,
    compared.profile_b,
    compared.record_key_a,
    compared.record_key_b,
    compared.blocking_rule,
    compared.stands_for,
    {%- for comparison in comparisons() %}
        compared.{{ comparison }}_level,
        round(
            coalesce({{ comparison }}.weight, 0)
            + case when {{ comparison }}.term is not null then {{ terms[comparison] }} else 0 end,
            2
        ) as {{ comparison }}_weight,
    {%- endfor %}
    round(
        0
        {%- for comparison in comparisons() %}
            + coalesce({{ comparison }}.household_weight, 0)
            + case when {{ comparison }}.term is not null then {{ terms[comparison] }} else 0 end
        {%- endfor %},
        2
    ) as household_evidence,
    -- Who agrees in no name and was born on another day is somebody else, whatever they share.
    case
        when
            compared.first_name_level = 'different'
            and compared.last_name_level = 'different'
            and compared.birth_date_level = 'different'
            then -100
        else 0
    end as contradiction_weight
from compared
inner join profiles as a on compared.profile_a = a.profile_id
{%- for comparison in comparisons() %}
    left join weights as {{ comparison }}
        on {{ comparison }}.comparison = '{{ comparison }}'
        and compared.{{ comparison }}_level = {{ comparison }}.level
{%- endfor %}
