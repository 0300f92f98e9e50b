{{ config(severity='warn') }}
-- Chi-square of the customers of each arm against its share: a sum that chance passes once in 1,000
-- experiments (Wilson and Hilferty's approximation) says that something else than the draw decides.
{%- set z = 3.0902 %}

with
    experiments as (select * from {{ ref('experiments') }} where share > 0),

    counted as (
        select campaign, arm, count(*) as customers_count
        from {{ ref('experiment_assignments') }}
        group by campaign, arm
    ),

    compared as (
        select
            experiments.campaign,
            coalesce(counted.customers_count, 0) as observed,
            experiments.share * sum(coalesce(counted.customers_count, 0)) over (
                partition by experiments.campaign
            ) as expected
        from experiments
        left join
            counted on experiments.campaign = counted.campaign and experiments.arm = counted.arm
    ),

    summed as (
        select
            campaign,
            count(*) - 1 as freedom,
            min(expected) as least_expected,
            sum((observed - expected) * (observed - expected) / nullif(expected, 0)) as chi_square
        from compared
        group by campaign
        having count(*) > 1
    )

-- Fewer than five in an arm are too few to tell.
select campaign, freedom, chi_square
from summed
where
    least_expected >= 5
    and chi_square
    > freedom * power(1 - 2.0 / (9 * freedom) + {{ z }} * sqrt(2.0 / (9 * freedom)), 3)
