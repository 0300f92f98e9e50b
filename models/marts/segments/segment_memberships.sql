{%- for segment in segment_names() %}
    select {{ segment_name(segment) }} as segment, customer_id, qualified_at, reason
    from {{ ref('segment_' ~ segment) }}
    {%- if not loop.last %}

        union all
    {% endif %}
{%- endfor %}
