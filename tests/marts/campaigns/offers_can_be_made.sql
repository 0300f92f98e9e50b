-- An offer that nobody could use, or that two rows tell differently.
with
    offers as (select * from {{ ref('offers') }}),

    told_twice as (
        select offer, loyalty_tier, region
        from offers
        where is_active
        group by offer, loyalty_tier, region
        having count(*) > 1
    )

select offer, 'its value is not between 0 and 100 percent' as wrong
from offers
where kind = 'percentage' and (value is null or value <= 0 or value > 100)
union all
select offer, 'its amount is not above 0, or has no currency' as wrong
from offers
where kind = 'amount' and (value is null or value <= 0 or currency is null)
union all
select offer, 'free shipping has no value' as wrong
from offers
where kind = 'free_shipping' and value is not null
union all
select offer, 'its minimum is not above 0, or has no currency' as wrong
from offers
where minimum is not null and (minimum <= 0 or currency is null)
union all
select offer, 'its code is never valid' as wrong
from offers
where valid_days <= 0
union all
select offer, 'two rows are for the same customers' as wrong
from told_twice
