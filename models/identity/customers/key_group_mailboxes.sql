with
    record_values as (
        select * from {{ ref('identity_record_values') }} where identifier_type = 'email'
    ),

    map as (select * from {{ ref('identity_map') }}),

    -- Who typed an address into an order or a site tells less than whose contact or account it is:
    -- anybody can type anybody's.
    named as (
        select
            map.key_group,
            map.customer_id,
            record_values.identifier_value as email_key,
            min(
                case map.source_table when 'shop.orders' then 2 when 'web.users' then 3 else 1 end
            ) as rank_of_source
        from record_values
        inner join map on record_values.record_id = map.record_id
        group by map.key_group, map.customer_id, record_values.identifier_value
    ),

    best as (
        select
            *,
            min(rank_of_source) over (partition by key_group) as best_rank,
            count(*) over (partition by key_group, rank_of_source) as mailboxes_count
        from named
    )

select key_group, email_key, customer_id, cast(mailboxes_count as bigint) as mailboxes_count
from best
where rank_of_source = best_rank and (best_rank = 1 or mailboxes_count = 1)
