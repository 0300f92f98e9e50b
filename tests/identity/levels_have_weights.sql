-- Every level that a comparison gave has a weight: one without would count as nothing to compare.
with
    comparisons as (select * from {{ ref('identity_compared') }}),

    match_weights as (select * from {{ ref('match_weights') }}),

    levels as (
        {%- for comparison in comparisons() %}
            select
                '{{ comparison }}' as comparison,
                {{ comparison }}_level as level,
                count(*) as pairs_count
            from comparisons
            where {{ comparison }}_level is not null
            group by {{ comparison }}_level
            {%- if not loop.last %}

                union all
            {% endif %}
        {%- endfor %}
    )

select levels.comparison, levels.level, levels.pairs_count
from levels
left join
    match_weights
    on levels.comparison = match_weights.comparison
    and levels.level = match_weights.level
where match_weights.level is null
