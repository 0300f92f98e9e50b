with
    results as (
        select *
        from {{ ref('experiment_results') }}
        where comparison = 'letters' and arm = 'any letter' and metric = 'revenue_per_customer'
    ),

    experiments as (
        select campaign, experiment
        from {{ ref('experiment_assignments') }}
        group by campaign, experiment
    )

select
    experiments.campaign,
    results.segment,
    results.units_count as customers_count,
    results.base_units_count as holdout_count,
    results.value as revenue_per_customer,
    results.base_value as holdout_revenue_per_customer,
    results.difference as increment_per_customer,
    results.difference_low as increment_low,
    results.difference_high as increment_high,
    results.difference * results.units_count as increment_total,
    results.difference_low * results.units_count as increment_total_low,
    results.difference_high * results.units_count as increment_total_high,
    results.p_value,
    results.verdict,
    results.verdict_reason
from results
inner join experiments on results.experiment = experiments.experiment
