{#-
    Clusters of links each of which may be wrong. clusters.sql says what the model's SQL gives and
    what the table holds.

    The linkage of two clusters lies between the mean over all pairs of their records, where a pair
    without a link counts as `absent_weight`, and the strongest link: half-way for a single record,
    and nearer to the mean the more records there are on both sides (a share of 1/(2 sqrt(n)), n
    those of the smaller one). A chain of weak links, or a record that fits only one of many, does
    not join clusters then; nor do the records of two people, because one of them does not tell the
    two apart. In each round every cluster names its best partner, and two that name each other
    become one. The larger of the two, of n records, also takes those that name it, best first, up
    to the n/8th: a hub grows by an eighth a round, and not by one. (Of equals it is the one that
    grew from the smaller node.)

    config, besides what clusters.sql names:
        threshold       the weakest linkage that joins, and the weakest link that may begin one (default 0)
        absent_weight   what a pair without a link counts in the mean (default 0)
-#}
{% materialization agglomerate, default %}
    {% do begin_clusters(sql) %}
    {% do create_work_table(
        'edges_0', _ranked_edges(work_table('pairs'), work_table('sizes_0')), then_drop=['pairs']
    ) %}
    {%- set merged -%}
        min(link) as link,
        max(best) as best,
        cast(sum(total) as bigint) as total,
        cast(sum(pairs) as bigint) as pairs
    {%- endset %}

    {% set ns = namespace(rounds=0, has_joined=true) %}
    {% for i in range(max_cluster_rounds() + 1) if ns.has_joined %}
        {% set edges, apart, sizes = work_table('edges_' ~ i), work_table('apart_' ~ i), work_table('sizes_' ~ i) %}
        {% set linkages, prospects, joins = work_table('linkages'), work_table('prospects'), 'joins_' ~ i %}
        {% do create_work_table('linkages', _linkages(edges, sizes)) %}
        {% do create_work_table('prospects', _prospects(linkages)) %}
        {% do create_work_table('choices', _strongest_choices(linkages, prospects)) %}
        {% do create_work_table(joins, _mutual_choices(work_table('choices'), sizes, apart)) %}
        {% set ns.has_joined = join_clusters(i, _hopeful_edges(edges, prospects), merged) %}
        {% if ns.has_joined %}
            {% do create_work_table(
                'sizes_' ~ (i + 1), _joined_sizes(sizes, work_table(joins)), then_drop=['sizes_' ~ i]
            ) %}
        {% endif %}
        {% set ns.rounds = i %}
    {% endfor %}

    {{ return(named_clusters(ns.rounds, then_drop=['linkages', 'prospects', 'choices', 'sizes_' ~ ns.rounds])) }}
{% endmaterialization %}


{#- More links than pairs of records say some of them twice: their mean then stands for each pair once. -#}
{% macro _ranked_edges(pairs, sizes) -%}
    with live as (
        select pairs.v, pairs.w, pairs.best, pairs.tie, pairs.total, pairs.pairs, a.size * b.size as possible
        from {{ pairs }} as pairs
        inner join {{ sizes }} as a on pairs.v = a.cluster
        inner join {{ sizes }} as b on pairs.w = b.cluster
        where pairs.is_apart = 0
    )
    select
        v,
        w,
        row_number() over (order by best desc, tie, v, w) as link,
        best,
        case
            when pairs > possible
                then cast(floor(cast(total as double) * cast(possible as double) / cast(pairs as double)) as bigint)
            else total
        end as total,
        least(pairs, possible) as pairs
    from live
{%- endmacro %}

{% macro _linkages(edges, sizes) -%}
    with means as (
        select
            edges.v,
            edges.w,
            edges.link,
            edges.best,
            cast(edges.total + {{ config.get('absent_weight', 0) }} * (a.size * b.size - edges.pairs) as double)
            / cast(a.size * b.size as double) as mean,
            2 * sqrt(cast(least(a.size, b.size) as double)) as divisor
        from {{ edges }} as edges
        inner join {{ sizes }} as a on edges.v = a.cluster
        inner join {{ sizes }} as b on edges.w = b.cluster
    )
    select v as cluster, w as partner, link, best, mean, mean + (best - mean) / divisor as linkage
    from means
    union all
    select w, v, link, best, mean, mean + (best - mean) / divisor
    from means
{%- endmacro %}

{#-
    The strongest linkage that a cluster has, and what it may have at most, however its partners
    join each other: the strongest link stays, the mean with several together is a mean of the means
    with each, and the linkage is never nearer to the strongest link than half-way.
-#}
{% macro _prospects(linkages) -%}
    {%- set mean = 'greatest(max(mean), ' ~ config.get('absent_weight', 0) ~ ')' -%}
    select
        cluster,
        max(case when best >= {{ link_threshold() }} then linkage end) as strongest,
        greatest({{ mean }}, (max(best) + {{ mean }}) / 2) as at_most
    from {{ linkages }}
    group by cluster
{%- endmacro %}

{#- A cluster that cannot reach the threshold any more is done, and nobody need look at it again. -#}
{% macro _hopeful_edges(edges, prospects) -%}
    (
        select edges.*
        from {{ edges }} as edges
        inner join {{ prospects }} as a on edges.v = a.cluster
        inner join {{ prospects }} as b on edges.w = b.cluster
        where a.at_most >= {{ link_threshold() }} and b.at_most >= {{ link_threshold() }}
    )
{%- endmacro %}

{% macro _strongest_choices(linkages, prospects) -%}
    select
        linkages.cluster,
        linkages.linkage,
        min(linkages.link) as link,
        {{ first_by('linkages.partner', 'linkages.link') }} as partner
    from {{ linkages }} as linkages
    inner join {{ prospects }} as prospects
        on linkages.cluster = prospects.cluster and linkages.linkage = prospects.strongest
    where
        linkages.best >= {{ link_threshold() }}
        and linkages.linkage >= {{ link_threshold() }}
    group by linkages.cluster, linkages.linkage
{%- endmacro %}

{#- Of those that a cluster takes besides its own choice, none may have to be apart from a better one. -#}
{% macro _mutual_choices(choices, sizes, apart) -%}
    with takers as (
        select one.cluster, a.size
        from {{ choices }} as one
        inner join {{ choices }} as other on one.partner = other.cluster and one.link = other.link
        inner join {{ sizes }} as a on one.cluster = a.cluster
        inner join {{ sizes }} as b on other.cluster = b.cluster
        where a.size > b.size or (a.size = b.size and one.cluster < other.cluster)
    ),
    ranked as (
        select
            choices.cluster,
            choices.partner,
            takers.size,
            row_number() over (partition by choices.partner order by choices.linkage desc, choices.link) as place
        from {{ choices }} as choices
        inner join takers on choices.partner = takers.cluster
    ),
    named as (
        select cluster, partner, place
        from ranked
        where place = 1 or 8 * place <= size
    ),
    refused as (
        select distinct worse.cluster
        from named as better
        inner join {{ apart }} as apart on better.cluster = apart.v
        inner join named as worse
            on apart.w = worse.cluster and better.partner = worse.partner and better.place < worse.place
    )
    select named.cluster, named.partner as joined
    from named
    left join refused on named.cluster = refused.cluster
    where refused.cluster is null
{%- endmacro %}

{% macro _joined_sizes(sizes, joins) -%}
    select coalesce(joins.joined, sizes.cluster) as cluster, cast(sum(sizes.size) as bigint) as size
    from {{ sizes }} as sizes
    left join {{ joins }} as joins on sizes.cluster = joins.cluster
    group by coalesce(joins.joined, sizes.cluster)
{%- endmacro %}
