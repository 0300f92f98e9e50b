with
    recommendations as (select * from {{ ref('past_recommendations') }}),

    new_purchases as (select * from {{ ref('new_product_purchases') }}),

    products as (select * from {{ ref('products') }} where shop_rank is not null),

    bought as (
        select customer_id, count(*) as products_count from new_purchases group by customer_id
    ),

    methods as (select method from recommendations group by method),

    hits as (
        select
            methods.method,
            bought.customer_id,
            sum(case when recommendations.is_hit then 1 else 0 end) as hits_count,
            max(bought.products_count) as products_count
        from bought
        cross join methods
        left join
            recommendations
            on methods.method = recommendations.method
            and bought.customer_id = recommendations.customer_id
        group by methods.method, bought.customer_id
    ),

    -- In decimals, whose sum does not depend on the order.
    found as (
        select
            method,
            count(*) as customers_count,
            cast(sum(case when hits_count > 0 then 1 else 0 end) as double)
            / count(*) as hit_rate_at_5,
            cast(sum(cast(cast(hits_count as double) / products_count as decimal(18, 9))) as double)
            / count(*) as recall_at_5
        from hits
        group by method
    ),

    covered as (
        select method, cast(count(distinct product_id) as double) as products_count
        from recommendations
        group by method
    ),

    offered as (select count(*) as products_count from products),

    by_reason as (
        select
            method,
            reason,
            count(*) as recommendations_count,
            cast(sum(case when is_hit then 1 else 0 end) as double) as hits_count
        from recommendations
        group by method, reason
    ),

    metrics as (
        select method, 'hit_rate_at_5' as metric, '' as part, hit_rate_at_5 as value
        from found

        union all

        select method, 'recall_at_5' as metric, '' as part, recall_at_5 as value
        from found

        union all

        select
            covered.method,
            'coverage' as metric,
            '' as part,
            covered.products_count / nullif(offered.products_count, 0) as value
        from covered
        cross join offered

        union all

        select
            method,
            'precision' as metric,
            reason as part,
            hits_count / recommendations_count as value
        from by_reason

        union all

        select
            method,
            'recommendations' as metric,
            reason as part,
            cast(recommendations_count as double) as value
        from by_reason
    )

select
    metrics.method,
    metrics.metric,
    metrics.part,
    metrics.value,
    found.customers_count,
    cast({{ add_days(as_of(), -30) }} as date) as known_until,
    cast({{ as_of() }} as date) as judged_until
from metrics
inner join found on metrics.method = found.method
