{#- Goods for fitness are in the category sports (rules.categories). -#}
{% set thresholds = segment_thresholds(
    born_from=1981, born_to=1996, interests=["fitness", "sports"], strength=0.3
) %}

with
    customers as (select * from {{ ref('customers') }}),

    fit as (
        select
            *, row_number() over (partition by customer_id order by interest_rank) as fitness_rank
        from {{ ref('customer_interests') }}
        where
            strength >= {{ thresholds.strength }}
            and category in (
                {%- for interest in thresholds.interests %}
                    {{ dbt.string_literal(dbt.escape_single_quotes(interest)) }}
                    {{- ',' if not loop.last }}
                {%- endfor %}
            )
    )

select
    customers.customer_id,
    customers.first_seen_at as qualified_at,
    {{
        sentence(
            "born in {extract(year from customers.birth_date)}, in an urban place, likes "
            ~ "{fit.category} (known from {replace(fit.sources, ';', ', ')})"
        )
    }} as reason
from customers
inner join fit on customers.customer_id = fit.customer_id and fit.fitness_rank = 1
where
    customers.is_urban
    and extract(year from customers.birth_date)
    between {{ thresholds.born_from }} and {{ thresholds.born_to }}
