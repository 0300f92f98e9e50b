{#- The best five of the candidates of each customer, in their order (rank). -#}
{% macro best_five(candidates, products) -%}
with
    candidates as (select * from {{ candidates }}),

    products as (select * from {{ products }}),

    -- Three of a category are enough, where there is something else.
    diverse as (
        select
            candidates.*,
            case
                when
                    row_number() over (
                        partition by candidates.customer_id, products.category
                        order by candidates.place
                    )
                    <= 3
                then 0
                else 1
            end as surplus
        from candidates
        inner join products on candidates.product_id = products.product_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id order by surplus, place
            ) as recommendation_rank
        from diverse
    )

select customer_id, product_id, reason, cast(recommendation_rank as integer) as rank
from ranked
where recommendation_rank <= 5
{%- endmacro %}
