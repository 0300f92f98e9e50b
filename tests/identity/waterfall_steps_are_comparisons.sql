-- A step of a waterfall is the prior, a comparison, or what is counted after them.
select record_key_a, record_key_b, comparison
from {{ ref('identity_waterfall') }}
where
    comparison not in (
        'prior', '{{ comparisons() | join("', '") }}', 'household', 'contradiction', 'name_alone'
    )
