with
    orders as (
        select
            customer_id,
            revenue_base,
            cast({{ dbt.date_trunc('month', 'created_at') }} as date) as order_month
        from {{ ref('customer_orders') }}
        where is_paid and created_at <= {{ as_of() }}
    ),

    cohorts as (
        select customer_id, min(order_month) as cohort_month from orders group by customer_id
    ),

    cohort_sizes as (
        select cohort_month, count(*) as cohort_size from cohorts group by cohort_month
    ),

    -- A hundred years up to the clock: a month without orders is there too.
    numbers as ({{ dbt.generate_series(1200) }}),

    months as (
        select
            cast(
                {{
                    dbt.date_trunc(
                        'month',
                        dbt.dateadd('month', '1 - cast(generated_number as integer)', as_of()),
                    )
                }} as date
            ) as order_month
        from numbers
    ),

    sales as (
        select
            cohorts.cohort_month,
            orders.order_month,
            count(distinct orders.customer_id) as customers_count,
            count(*) as orders_count,
            cast(sum(orders.revenue_base) as decimal(18, 2)) as revenue
        from orders
        inner join cohorts on orders.customer_id = cohorts.customer_id
        group by cohorts.cohort_month, orders.order_month
    )

select
    cohort_sizes.cohort_month,
    cast(
        12 * (extract(year from months.order_month) - extract(year from cohort_sizes.cohort_month))
        + extract(month from months.order_month)
        - extract(month from cohort_sizes.cohort_month) as integer
    ) as months_since,
    cohort_sizes.cohort_size,
    coalesce(sales.customers_count, 0) as customers_count,
    coalesce(sales.orders_count, 0) as orders_count,
    coalesce(sales.revenue, 0) as revenue
from cohort_sizes
inner join months on cohort_sizes.cohort_month <= months.order_month
left join
    sales
    on cohort_sizes.cohort_month = sales.cohort_month
    and months.order_month = sales.order_month
