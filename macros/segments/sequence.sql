{#-
    Who did the steps in their order without something at or after the first of them: customer_id, when the first step was
    (started_at) and the last (qualified_at). Steps and `without` are CTEs with customer_id and happened_at.
    "A, then B, without C": sequence(['a', 'b'], without='c').
-#}
{% macro sequence(steps, without) -%}
    {%- set done = namespace(sql="") -%}
    {%- set done.sql -%}
        select
            step.customer_id,
            min(step.happened_at) as started_at,
            min(step.happened_at) as qualified_at
        from {{ steps[0] }} as step
        left join
            (
                select customer_id, max(happened_at) as happened_at
                from {{ without }}
                group by customer_id
            ) as ends
            on step.customer_id = ends.customer_id
        where ends.customer_id is null or step.happened_at > ends.happened_at
        group by step.customer_id
    {%- endset -%}
    {%- for next_step in steps[1:] -%}
        {%- set done.sql -%}
            select
                so_far.customer_id,
                so_far.started_at,
                min(step.happened_at) as qualified_at
            from ({{ done.sql }}) as so_far
            inner join
                {{ next_step }} as step
                on so_far.customer_id = step.customer_id
                and so_far.qualified_at <= step.happened_at
            group by so_far.customer_id, so_far.started_at
        {%- endset -%}
    {%- endfor -%}
    {{ done.sql }}
{%- endmacro %}
