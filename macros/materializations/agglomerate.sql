{#-
    Clusters of weighted links, joined from the best link down. The model's SQL gives (node_a, node_b, weight):
        weight          a whole number, larger is stronger; several links of two nodes are several pairs of their records
        weight is null  these two must never be in one cluster
        a loop (x, x)   names a node; its number of loops is the node's size (how many records it stands for)
    The table that results has one row per node: node, cluster (the smallest node of its cluster).

    Links have one total order: weight, then a scramble of the two nodes' names, then the names. It does not depend on
    the order of rows, nor on any link elsewhere, so that components may be computed apart and give the same clusters.

    config:
        linkage         'best': from the best link down, join two clusters unless they hold nodes that must be apart (Kruskal's
                        algorithm with cannot-links): what must be apart is cut at its weakest link.
                        'mean_and_best': between the mean over all pairs of records, where a pair without a link counts as
                        `absent_weight`, and the strongest link: half-way for a single record, and nearer to the mean the
                        more records there are on both sides (a share of 1/(2 sqrt(n)), n those of the smaller one). A chain
                        of weak links, or a record that fits only one of many, does not join clusters then; nor do the records
                        of two people, because one of them does not tell the two apart. In each round every cluster names
                        its best partner, and two that name each other become one. The larger of the two, of n records,
                        also takes those that name it, best first, up to the n/8th: a hub grows by an eighth a round, and
                        not by one.
        threshold       the weakest linkage that joins (default 0)
        absent_weight   what a pair without a link counts in the mean (default 0)
        max_rounds      (default 500): stops loudly when clusters still join after that many

    'best' need not wait for both to name each other: any link that Kruskal's algorithm is sure to take may be joined
    at once, in any order (`_sure_choices` says which are). So it takes as many rounds as Borůvka's, the logarithm of the
    number of nodes, and more only where one cut decides the next.
-#}
{% materialization agglomerate, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set max_rounds = config.get('max_rounds', 500) -%}
    {%- set linkage = config.get('linkage', 'best') -%}
    {%- set work = work_table(this.identifier ~ '__') -%}
    {%- set name = this.identifier ~ '__' -%}
    {% if linkage not in ['best', 'mean_and_best'] %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ": linkage is 'best' or 'mean_and_best', not '" ~ linkage ~ "'."
        ) }}
    {% endif %}
    {% do begin_model() %}

    {% do create_work_table(name ~ 'links', 'select node_a, node_b, weight from (' ~ sql ~ ') links') %}
    {% do create_work_table(name ~ 'nodes', _sized_nodes(work ~ 'links')) %}
    {% do create_work_table(name ~ 'pairs', _node_pairs(work ~ 'links', work ~ 'nodes')) %}
    {% do create_work_table(name ~ 'sizes_0', _live_sizes(work ~ 'pairs', work ~ 'nodes')) %}
    {% do create_work_table(name ~ 'edges_0', _ranked_edges(work ~ 'pairs', work ~ 'nodes', work ~ 'sizes_0')) %}
    {% do create_work_table(
        name ~ 'apart_0', _live_apart(work ~ 'pairs', work ~ 'sizes_0'), then_drop=[name ~ 'links', name ~ 'pairs']
    ) %}

    {#- A round reads the tables of its own parity and writes those of the other; its joins stay. -#}
    {% set ns = namespace(rounds=0, joined=1) %}
    {% for i in range(max_rounds + 1) if ns.joined > 0 %}
        {% set now, next = i % 2, (i + 1) % 2 %}
        {% set edges, sizes, apart = work ~ 'edges_' ~ now, work ~ 'sizes_' ~ now, work ~ 'apart_' ~ now %}
        {% set joins = 'joins_' ~ i %}
        {% if linkage == 'best' %}
            {% do create_work_table(name ~ 'choices', _first_choices(edges)) %}
            {% do create_work_table(name ~ joins, _sure_choices(work ~ 'choices', apart)) %}
            {% do _follow_joins(name ~ joins, name ~ 'followed') %}
        {% else %}
            {% do create_work_table(name ~ 'linkages', _linkages(edges, sizes)) %}
            {% do create_work_table(name ~ 'prospects', _prospects(work ~ 'linkages')) %}
            {% do create_work_table(name ~ 'choices', _strongest_choices(work ~ 'linkages', work ~ 'prospects')) %}
            {% do create_work_table(name ~ joins, _mutual_choices(work ~ 'choices', sizes, apart)) %}
            {% set edges = _hopeful_edges(edges, work ~ 'prospects') %}
        {% endif %}
        {% set ns.joined = _count(name ~ joins) %}
        {% if ns.joined > 0 and i < max_rounds %}
            {% do create_work_table(name ~ 'apart_' ~ next, _joined_apart(apart, work ~ joins)) %}
            {% do create_work_table(name ~ 'edges_' ~ next, _joined_edges(edges, work ~ joins, work ~ 'apart_' ~ next)) %}
            {% if linkage != 'best' %}
                {% do create_work_table(name ~ 'sizes_' ~ next, _joined_sizes(sizes, work ~ joins)) %}
            {% endif %}
            {% set ns.rounds = i + 1 %}
        {% endif %}
    {% endfor %}
    {% if ns.joined > 0 %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ': clusters still join after ' ~ max_rounds ~ ' rounds. Raise max_rounds, or look for a '
            ~ 'giant cluster.'
        ) }}
    {% endif %}
    {% do log(this.identifier ~ ': ' ~ ns.rounds ~ ' rounds') %}

    {#- From the last round back to the first: what a cluster joined, and what that joined later. -#}
    {% do create_work_table(
        name ~ 'roots_' ~ ns.rounds, 'select cluster as v, joined as r from ' ~ work ~ 'joins_' ~ ns.rounds
    ) %}
    {% for i in range(ns.rounds - 1, -1, -1) %}
        {% do create_work_table(
            name ~ 'roots_' ~ i,
            _all_roots(work ~ 'joins_' ~ i, work ~ 'roots_' ~ (i + 1)),
            then_drop=[name ~ 'roots_' ~ (i + 1), name ~ 'joins_' ~ i]
        ) %}
    {% endfor %}

    {% do replace_table(
        target_relation,
        existing,
        'select node, component as cluster from (' ~ _smallest_nodes(work ~ 'nodes', work ~ 'roots_0') ~ ') named'
    ) %}
    {% set made = [] %}
    {% for table in [
        'nodes', 'edges_0', 'edges_1', 'sizes_0', 'sizes_1', 'apart_0', 'apart_1', 'linkages', 'prospects', 'choices', 'followed',
        'joins_' ~ ns.rounds, 'roots_0'
    ] %}
        {% do made.append(name ~ table) %}
    {% endfor %}
    {% do drop_work_tables(made) %}

    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}


{#- What decides who joins whom, as a text to compare. -#}
{% macro agglomerate_rules() -%}
    {{ _node_pairs('links', 'nodes') }}
    {{ _live_sizes('pairs', 'nodes') }}
    {{ _ranked_edges('pairs', 'nodes', 'sizes') }}
    {{ _live_apart('pairs', 'sizes') }}
    {{ _first_choices('edges') }}
    {{ _sure_choices('choices', 'apart') }}
    {{ _linkages('edges', 'sizes') }}
    {{ _prospects('linkages') }}
    {{ _hopeful_edges('edges', 'prospects') }}
    {{ _strongest_choices('linkages', 'prospects') }}
    {{ _mutual_choices('choices', 'sizes', 'apart') }}
    {{ _joined_apart('apart', 'joins') }}
    {{ _joined_edges('edges', 'joins', 'apart') }}
    {{ _joined_sizes('sizes', 'joins') }}
{%- endmacro %}

{#- Dense numbers in the nodes' own order, so that the smallest number is the smallest node. -#}
{% macro _sized_nodes(links) -%}
    select
        node,
        row_number() over (order by node) as id,
        cast(greatest(sum(loops), 1) as bigint) as size
    from (
        select node_a as node, case when node_a = node_b then 1 else 0 end as loops from {{ links }}
        union all
        select node_b, 0 from {{ links }} where node_a is null or node_a <> node_b
    ) nodes
    where node is not null
    group by node
{%- endmacro %}

{#- More links than pairs of records say some of them twice: their mean then stands for each pair once. -#}
{% macro _node_pairs(links, nodes) -%}
    with summed as (
        select
            least(a.id, b.id) as v,
            greatest(a.id, b.id) as w,
            cast(max(a.size * b.size) as bigint) as possible,
            cast(sum(links.weight) as bigint) as total,
            count(links.weight) as pairs,
            cast(max(links.weight) as bigint) as best,
            max(case when links.weight is null then 1 else 0 end) as is_apart
        from {{ links }} as links
        inner join {{ nodes }} as a on links.node_a = a.node
        inner join {{ nodes }} as b on links.node_b = b.node
        where a.id <> b.id
        group by least(a.id, b.id), greatest(a.id, b.id)
    )
    select
        v,
        w,
        case
            when pairs > possible
                then cast(floor(cast(total as double) * cast(possible as double) / cast(pairs as double)) as bigint)
            else total
        end as total,
        least(pairs, possible) as pairs,
        best,
        is_apart
    from summed
{%- endmacro %}

{#- A node without any link of the threshold joins nobody: what binds it to others need not be carried on. -#}
{% macro _live_sizes(pairs, nodes) -%}
    with live as (
        select v as id from {{ pairs }} where is_apart = 0 and best >= {{ config.get('threshold', 0) }}
        union
        select w from {{ pairs }} where is_apart = 0 and best >= {{ config.get('threshold', 0) }}
    )
    select nodes.id as cluster, nodes.size
    from {{ nodes }} as nodes
    inner join live on nodes.id = live.id
{%- endmacro %}

{% macro _ranked_edges(pairs, nodes, sizes) -%}
    {%- set has_mean = config.get('linkage', 'best') != 'best' -%}
    with names as (
        select nodes.id, cast(nodes.node as {{ dbt.type_string() }}) as name
        from {{ nodes }} as nodes
        inner join {{ sizes }} as live on nodes.id = live.cluster
    ),
    scrambled as (
        select
            pairs.v,
            pairs.w,
            substring(md5(a.name || '|' || b.name), 1, 12) as scramble,
            pairs.best
            {%- if has_mean %},
            pairs.total,
            pairs.pairs
            {%- endif %}
        from {{ pairs }} as pairs
        inner join names as a on pairs.v = a.id
        inner join names as b on pairs.w = b.id
        where
            pairs.is_apart = 0
            {%- if not has_mean %}
            and pairs.best >= {{ config.get('threshold', 0) }}
            {%- endif %}
    )
    select
        v,
        w,
        row_number() over (order by best desc, scramble, v, w) as link
        {%- if has_mean %},
        best,
        total,
        pairs
        {%- endif %}
    from scrambled
{%- endmacro %}

{#- Both ways, so that a cluster's are found on one side. -#}
{% macro _live_apart(pairs, sizes) -%}
    with live as (
        select pairs.v, pairs.w
        from {{ pairs }} as pairs
        inner join {{ sizes }} as a on pairs.v = a.cluster
        inner join {{ sizes }} as b on pairs.w = b.cluster
        where pairs.is_apart = 1
    )
    select v, w from live
    union all
    select w, v from live
{%- endmacro %}


{% macro _first_choices(edges) -%}
    select cluster, min(link) as link, {{ first_by('partner', 'link') }} as partner
    from (
        select v as cluster, w as partner, link from {{ edges }}
        union all
        select w, v, link from {{ edges }}
    ) ends
    group by cluster
{%- endmacro %}

{#-
    A cluster's first choice is its first link that is allowed, so it stands alone when the algorithm comes to that link,
    and joins unless the other side has meanwhile taken in one that must be apart from it. That could only be one
    that is not apart from the other side too, and whose own first link comes before. Where there is none, or where both choose
    each other, the link is sure to be taken.
-#}
{% macro _sure_choices(choices, apart) -%}
    with doubtful as (
        select distinct one.cluster
        from {{ choices }} as one
        inner join {{ choices }} as partner on one.partner = partner.cluster and one.link > partner.link
        inner join {{ apart }} as apart on one.cluster = apart.v
        inner join {{ choices }} as rival on apart.w = rival.cluster and one.link > rival.link
        left join {{ apart }} as apart_too on apart.w = apart_too.v and one.partner = apart_too.w
        where apart_too.v is null
    )
    select one.cluster, one.partner as joined
    from {{ choices }} as one
    inner join {{ choices }} as partner on one.partner = partner.cluster
    left join doubtful on one.cluster = doubtful.cluster
    where
        doubtful.cluster is null
        and (one.link > partner.link or one.cluster > partner.cluster)
{%- endmacro %}

{#- Who joins one that joins another goes there at once, three steps at a time. -#}
{% macro _follow_joins(joins, followed) -%}
    {% set ns = namespace(open=1) %}
    {% for step in range(64) if ns.open > 0 %}
        {% do create_work_table(followed, _followed_joins(work_table(joins))) %}
        {% set ns.open = run_query(
            'select coalesce(sum(has_moved), 0) from ' ~ work_table(followed)
        ).columns[0].values()[0] | int %}
        {% if ns.open > 0 %}
            {% do create_work_table(joins, 'select cluster, joined from ' ~ work_table(followed)) %}
        {% endif %}
    {% endfor %}
{%- endmacro %}

{% macro _followed_joins(joins) -%}
    select
        joins.cluster,
        coalesce(hop_3.joined, hop_2.joined, hop_1.joined, joins.joined) as joined,
        case when hop_1.joined is null then 0 else 1 end as has_moved
    from {{ joins }} as joins
    left join {{ joins }} as hop_1 on joins.joined = hop_1.cluster
    left join {{ joins }} as hop_2 on hop_1.joined = hop_2.cluster
    left join {{ joins }} as hop_3 on hop_2.joined = hop_3.cluster
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
    The strongest linkage that a cluster has, and what it may have at most, however its partners join each other: the
    strongest link stays, the mean with several together is a mean of the means with each, and the linkage is never nearer to
    the strongest link than half-way.
-#}
{% macro _prospects(linkages) -%}
    {%- set mean = 'greatest(max(mean), ' ~ config.get('absent_weight', 0) ~ ')' -%}
    select
        cluster,
        max(case when best >= {{ config.get('threshold', 0) }} then linkage end) as strongest,
        greatest({{ mean }}, (max(best) + {{ mean }}) / 2) as at_most
    from {{ linkages }}
    group by cluster
{%- endmacro %}

{#- A cluster that cannot reach the threshold any more is done, and nobody need look at it again. -#}
{% macro _hopeful_edges(edges, prospects) -%}
    (
        select edges.v, edges.w, edges.link, edges.best, edges.total, edges.pairs
        from {{ edges }} as edges
        inner join {{ prospects }} as a on edges.v = a.cluster
        inner join {{ prospects }} as b on edges.w = b.cluster
        where a.at_most >= {{ config.get('threshold', 0) }} and b.at_most >= {{ config.get('threshold', 0) }}
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
        linkages.best >= {{ config.get('threshold', 0) }}
        and linkages.linkage >= {{ config.get('threshold', 0) }}
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


{% macro _joined_apart(apart, joins) -%}
    select distinct coalesce(a.joined, apart.v) as v, coalesce(b.joined, apart.w) as w
    from {{ apart }} as apart
    left join {{ joins }} as a on apart.v = a.cluster
    left join {{ joins }} as b on apart.w = b.cluster
{%- endmacro %}

{% macro _joined_sizes(sizes, joins) -%}
    select coalesce(joins.joined, sizes.cluster) as cluster, cast(sum(sizes.size) as bigint) as size
    from {{ sizes }} as sizes
    left join {{ joins }} as joins on sizes.cluster = joins.cluster
    group by coalesce(joins.joined, sizes.cluster)
{%- endmacro %}

{% macro _joined_edges(edges, joins, apart) -%}
    {%- set has_mean = config.get('linkage', 'best') != 'best' -%}
    with renamed as (
        select
            coalesce(a.joined, edges.v) as v,
            coalesce(b.joined, edges.w) as w,
            edges.link
            {%- if has_mean %},
            edges.best,
            edges.total,
            edges.pairs
            {%- endif %}
        from {{ edges }} as edges
        left join {{ joins }} as a on edges.v = a.cluster
        left join {{ joins }} as b on edges.w = b.cluster
    ),
    joined as (
        select
            least(v, w) as v,
            greatest(v, w) as w,
            min(link) as link
            {%- if has_mean %},
            max(best) as best,
            cast(sum(total) as bigint) as total,
            cast(sum(pairs) as bigint) as pairs
            {%- endif %}
        from renamed
        where v <> w
        group by least(v, w), greatest(v, w)
    )
    select
        joined.v,
        joined.w,
        joined.link
        {%- if has_mean %},
        joined.best,
        joined.total,
        joined.pairs
        {%- endif %}
    from joined
    left join {{ apart }} as apart on joined.v = apart.v and joined.w = apart.w
    where apart.v is null
{%- endmacro %}

{% macro _all_roots(joins, later) -%}
    select joins.cluster as v, coalesce(later.r, joins.joined) as r
    from {{ joins }} as joins
    left join {{ later }} as later on joins.joined = later.v
    union all
    select v, r from {{ later }}
{%- endmacro %}
