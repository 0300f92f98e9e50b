with
    compared as (
        select
            'customer' as subject,
            customer_id as subject_key,
            attribute,
            one_source,
            other_source,
            result
        from {{ ref('customer_comparisons') }}

        union all

        select
            'order' as subject, order_id as subject_key, attribute, one_source, other_source, result
        from {{ ref('web_order_comparisons') }}

        union all

        select
            'order' as subject, order_id as subject_key, attribute, one_source, other_source, result
        from {{ ref('shop_order_comparisons') }}
    ),

    counted as (
        select
            *,
            row_number() over (
                partition by subject, attribute, one_source, other_source, result
                order by subject_key
            ) as place,
            count(*) over (
                partition by subject, attribute, one_source, other_source
            ) as compared_count
        from compared
    )

select
    subject,
    attribute,
    one_source,
    other_source,
    result,
    count(*) as differing_count,
    max(compared_count) as compared_count,
    cast(count(*) as double) / max(compared_count) as differing_share,
    {{ string_agg_ordered('case when place <= 3 then subject_key end', ', ', 'subject_key') }}
    as example_keys
from counted
where result <> 'agrees'
group by subject, attribute, one_source, other_source, result
