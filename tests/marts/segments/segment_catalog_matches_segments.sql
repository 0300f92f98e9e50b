-- Every segment is in the catalog, with the number of members that its own table has.
with
    sizes as (
        {%- for segment in segment_names() %}
            select {{ segment_name(segment) }} as name, count(*) as size
            from {{ ref('segment_' ~ segment) }} {{ 'group by segment' if segment == 'clusters' }}
            {%- if not loop.last %}

                union all
            {% endif %}
        {%- endfor %}
    ),

    catalog as (select * from {{ ref('segment_catalog') }})

select sizes.name, sizes.size, catalog.size as catalog_size
from sizes
left join catalog on sizes.name = catalog.name
where catalog.name is null or sizes.size <> catalog.size
