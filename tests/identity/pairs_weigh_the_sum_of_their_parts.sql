-- The weight of a pair is what its parts add up to, and its first record comes first.
with pairs as (select * from {{ ref('identity_pairs') }})

select record_key_a, record_key_b, weight
from pairs
where
    record_key_a >= record_key_b
    or abs(
        weight - prior_weight
        {%- for comparison in comparisons() %} - {{ comparison }}_weight {%- endfor %}
        - household_weight
        - contradiction_weight
        - name_alone_weight
    )
    > 0.001
