-- The calling codes behind which a 0 is dropped are those of the countries with trunk prefix 0.
select country
from {{ ref('countries') }}
where
    calling_code is not null
    and {{ regex_full_match('calling_code', codes_with_trunk_zero()) }}
    <> coalesce(trunk_prefix = '0', false)
