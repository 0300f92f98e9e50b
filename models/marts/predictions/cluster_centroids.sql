with
    clusters as (select * from {{ ref('customer_clusters') }}),

    -- Decimals add up to the same in any order.
    features as (
        select customer_id, feature, cast(value as decimal(18, 9)) as value
        from {{ ref('cluster_features') }}
    ),

    sizes as (
        select cluster, label, count(*) as customers_count from clusters group by cluster, label
    ),

    everybody as (
        select
            features.feature,
            cast(sum(features.value) as double) / max(all_clusters.customers_count) as value
        from features
        cross join (select count(*) as customers_count from clusters) as all_clusters
        group by features.feature
    ),

    totals as (
        select clusters.cluster, features.feature, cast(sum(features.value) as double) as total
        from clusters
        inner join features on clusters.customer_id = features.customer_id
        group by clusters.cluster, features.feature
    )

select
    sizes.cluster,
    sizes.label,
    everybody.feature,
    sizes.customers_count,
    -- Whoever has no row of a feature has 0.
    coalesce(totals.total, 0) / sizes.customers_count as value,
    everybody.value as value_of_all
from sizes
cross join everybody
left join totals on sizes.cluster = totals.cluster and everybody.feature = totals.feature
