with open_records as (select * from {{ ref('identity_open_records') }}),

holders as (select * from {{ ref('identity_id_holders') }}),

common_origins as (
    select
        cluster,
        min(first_customer_id) as customer_id,
        count(first_customer_id) as records_count
    from open_records
    group by cluster
    having min(first_customer_id) = max(first_customer_id)
),

-- An id that another cluster goes on with is not given away.
kept_elsewhere as (
    select holders.customer_id
    from holders
    left join open_records on holders.record_key = open_records.record_key
    where holders.has_it and holders.cluster is not null and open_records.record_key is null
    group by holders.customer_id
)

select common_origins.cluster, common_origins.customer_id
from common_origins
inner join holders on common_origins.customer_id = holders.customer_id
left join kept_elsewhere on common_origins.customer_id = kept_elsewhere.customer_id
where
    holders.is_first_holder
    and holders.cluster is not null
    and kept_elsewhere.customer_id is null
group by
    common_origins.cluster,
    common_origins.customer_id,
    common_origins.records_count
having count(*) = common_origins.records_count
