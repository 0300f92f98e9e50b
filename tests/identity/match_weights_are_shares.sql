-- Shares of pairs are above 0 (their logarithm is taken), and those of one comparison add up to 1
-- at most.
with
    match_weights as (
        select * from {{ ref('match_weights') }} where comparison not in ('prior', 'term')
    )

select
    comparison,
    sum(m_probability) as m_probability,
    sum(u_probability) as u_probability,
    sum(household_probability) as household_probability
from match_weights
group by comparison
having
    coalesce(min(least(m_probability, u_probability, household_probability)), 0) <= 0
    or count(m_probability) + count(u_probability) + count(household_probability) < 3 * count(*)
    or greatest(sum(m_probability), sum(u_probability), sum(household_probability)) > 1.001
