-- "A, then B, without C": every customer is a case.
with

    events(customer_id, event, happened_at) as (
        values
            ('in order', 'A', 1),
            ('in order', 'B', 2),
            ('at one moment', 'A', 1),
            ('at one moment', 'B', 1),
            ('the other way round', 'B', 1),
            ('the other way round', 'A', 2),
            ('A only', 'A', 1),
            ('B only', 'B', 1),
            ('C after', 'A', 1),
            ('C after', 'B', 2),
            ('C after', 'C', 3),
            ('C between', 'A', 1),
            ('C between', 'C', 2),
            ('C between', 'B', 3),
            ('C at A', 'A', 1),
            ('C at A', 'C', 1),
            ('C at A', 'B', 2),
            ('C before', 'C', 1),
            ('C before', 'A', 2),
            ('C before', 'B', 3),
            ('again after C', 'A', 1),
            ('again after C', 'B', 2),
            ('again after C', 'C', 3),
            ('again after C', 'A', 4),
            ('again after C', 'B', 5),
            ('again after C', 'A', 6),
            ('again after C', 'B', 7)
    ),

    expected(customer_id, started_at, qualified_at) as (
        values
            ('in order', 1, 2), ('at one moment', 1, 1), ('C before', 2, 3), ('again after C', 4, 5)
    ),

    {%- for name in ['a', 'b', 'c'] %}
        {{ name }} as (
            select customer_id, happened_at from events where event = '{{ name | upper }}'
        ),
    {%- endfor %}

    found as ({{ sequence(["a", "b"], without="c") }})

select
    coalesce(found.customer_id, expected.customer_id) as customer_id,
    found.started_at,
    found.qualified_at
from found
full outer join expected on found.customer_id = expected.customer_id
where
    found.started_at is distinct from expected.started_at
    or found.qualified_at is distinct from expected.qualified_at
