-- Every segment of the var is in the catalog, with the number of members that its own table has.
with
    sizes as (
        {%- for segment in var('segments') %}
            select '{{ segment }}' as name, count(*) as size
            from {{ ref('segment_' ~ segment) }}
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
