{%- for segment in var('segments') %}
    select '{{ segment }}' as segment, customer_id, qualified_at, reason
    from {{ ref('segment_' ~ segment) }}
    {%- if not loop.last %}

        union all
    {% endif %}
{%- endfor %}
