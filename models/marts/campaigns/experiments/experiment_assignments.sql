with
    ledger as (
        select * from {{ ref('ledger_experiment_assignments') }} where assigned_at <= {{ as_of() }}
    ),

    customer_id_changes as (select * from {{ ref('customer_id_changes') }}),

    experiments as (select * from {{ ref('experiments') }}),

    assigned as (
        select
            ledger.*,
            customer_id_changes.current_customer_id,
            row_number() over (
                partition by
                    ledger.campaign, ledger.experiment, customer_id_changes.current_customer_id
                order by ledger.assigned_at, ledger.customer_id
            ) as place
        from ledger
        inner join customer_id_changes on ledger.customer_id = customer_id_changes.customer_id
        where customer_id_changes.current_customer_id is not null
    )

select
    assigned.campaign,
    assigned.experiment,
    assigned.current_customer_id as customer_id,
    assigned.arm,
    assigned.arm = 'holdout' as is_holdout,
    experiments.factors,
    experiments.share,
    assigned.assigned_at,
    assigned.customer_id as assigned_customer_id
from assigned
left join experiments on assigned.campaign = experiments.campaign and assigned.arm = experiments.arm
where assigned.place = 1
