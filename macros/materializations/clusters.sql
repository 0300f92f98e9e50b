{#-
    What settle and agglomerate share: reading the links, joining clusters round by round, naming
    them at the end. The model's SQL gives (node_a, node_b, weight, tie), its nodes being whole
    numbers:
        weight          a whole number, larger is stronger; two nodes may have several (of their records)
        weight is null  these two must never be in one cluster
        tie             a text (macro link_tie) that orders links of equal weight
        a loop (x, x)   names a node; its number of loops is the node's size (the records it stands for)
    The table that results has one row per node: node, cluster (the smallest node of its cluster).

    Links have one total order: weight descending, tie, then the nodes. Several links of the same two
    nodes have one place in it, that of their largest weight and their smallest tie. With ties made
    of the nodes' natural keys it depends neither on the order of rows, nor on any link elsewhere, so
    that components may be computed apart and give the same clusters; nor on the numbers, as long as
    these are in the order of the keys.

    config:
        threshold       the weakest link that joins (default 0)
        max_rounds      (default 500): stops loudly when clusters still join after that many
-#}

{#-
    The work tables that a clustering starts from: nodes; pairs of linked nodes, from which it makes
    its edges_0; sizes_0 and apart_0, of the nodes that may join at all.
-#}
{% macro begin_clusters(sql) -%}
    {% do begin_model() %}
    {% do create_work_table('links', _whole_links(sql)) %}
    {% do create_work_table('nodes', _sized_nodes(work_table('links'))) %}
    {% do create_work_table('pairs', _linked_pairs(work_table('links')), then_drop=['links']) %}
    {% do create_work_table('sizes_0', _live_sizes(work_table('pairs'), work_table('nodes'))) %}
    {% do create_work_table('apart_0', _live_apart(work_table('pairs'), work_table('sizes_0'))) %}
{%- endmacro %}

{#-
    Joins clusters as the work table joins_<round> (cluster, joined) says, none of which joins
    another of them: gives edges and apart of the next round, or false when nobody joins. `edges` is
    the relation to go on with, `merged` what the edges of two clusters become.
-#}
{% macro join_clusters(round, edges, merged) -%}
    {% set joins, next = work_table('joins_' ~ round), round + 1 %}
    {% if count_work_table('joins_' ~ round) == 0 %}{{ return(false) }}{% endif %}
    {% if round == max_cluster_rounds() %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ': clusters still join after ' ~ round ~ ' rounds. Raise max_rounds, or look for a '
            ~ 'giant cluster.'
        ) }}
    {% endif %}
    {% do create_work_table(
        'apart_' ~ next, _joined_apart(work_table('apart_' ~ round), joins), then_drop=['apart_' ~ round]
    ) %}
    {% do create_work_table(
        'edges_' ~ next, _joined_edges(edges, joins, work_table('apart_' ~ next), merged), then_drop=['edges_' ~ round]
    ) %}
    {{ return(true) }}
{%- endmacro %}

{#- Who joins one that joins another goes there at once, three steps at a time. -#}
{% macro follow_joins(joins) -%}
    {% set ns = namespace(open=1) %}
    {% for step in range(64) if ns.open > 0 %}
        {% do create_work_table('followed', _followed_joins(work_table(joins))) %}
        {% set ns.open = run_query(
            'select coalesce(sum(has_moved), 0) from ' ~ work_table('followed')
        ).columns[0].values()[0] | int %}
        {% if ns.open > 0 %}
            {% do create_work_table(joins, 'select cluster, joined from ' ~ work_table('followed')) %}
        {% endif %}
    {% endfor %}
{%- endmacro %}

{#- A cluster joins once, and what it joined may join another later: all joins together are trees. -#}
{% macro named_clusters(rounds, then_drop) -%}
    {% do log(this.identifier ~ ': ' ~ rounds ~ ' rounds') %}
    {% set joins, selects = [], [] %}
    {% for i in range(rounds + 1) %}
        {% do joins.append('joins_' ~ i) %}
        {% do selects.append('select cluster, joined from ' ~ work_table('joins_' ~ i)) %}
    {% endfor %}
    {% do create_work_table('joins', selects | join('\nunion all\n'), then_drop=joins) %}
    {% do follow_joins('joins') %}
    {{ return(finished_clusters(
        'cluster',
        '(select cluster as node, joined as root from ' ~ work_table('joins') ~ ')',
        then_drop=['joins', 'followed', 'edges_' ~ rounds, 'apart_' ~ rounds] + then_drop
    )) }}
{%- endmacro %}

{#- The model's table, from nodes (node) and roots (node, root; a node without one is its own). -#}
{% macro finished_clusters(column, roots, then_drop) -%}
    {% set relation = this.incorporate(type='table') %}
    {% do replace_table(
        relation, load_cached_relation(this), _smallest_nodes(column, work_table('nodes'), roots)
    ) %}
    {% do drop_work_tables(['nodes'] + then_drop) %}
    {{ return(finished_model(relation)) }}
{%- endmacro %}

{% macro link_threshold() -%}
    {{ return(config.get('threshold', 0)) }}
{%- endmacro %}

{% macro max_cluster_rounds() -%}
    {{ return(config.get('max_rounds', 500)) }}
{%- endmacro %}


{% macro _whole_links(sql) -%}
    select
        cast(node_a as bigint) as node_a,
        cast(node_b as bigint) as node_b,
        cast(weight as bigint) as weight,
        tie
    from ({{ sql }}) links
{%- endmacro %}

{% macro _sized_nodes(links) -%}
    select node, cast(greatest(sum(loops), 1) as bigint) as size
    from (
        select node_a as node, case when node_a = node_b then 1 else 0 end as loops from {{ links }}
        union all
        select node_b, 0 from {{ links }} where node_a is null or node_a <> node_b
    ) nodes
    where node is not null
    group by node
{%- endmacro %}

{% macro _linked_pairs(links) -%}
    select
        least(node_a, node_b) as v,
        greatest(node_a, node_b) as w,
        cast(sum(weight) as bigint) as total,
        count(weight) as pairs,
        max(weight) as best,
        min(tie) as tie,
        max(case when weight is null then 1 else 0 end) as is_apart
    from {{ links }}
    where node_a <> node_b
    group by least(node_a, node_b), greatest(node_a, node_b)
{%- endmacro %}

{#- A node without any link of the threshold joins nobody: what binds it to others need not be carried on. -#}
{% macro _live_sizes(pairs, nodes) -%}
    with live as (
        select v as node from {{ pairs }} where is_apart = 0 and best >= {{ link_threshold() }}
        union
        select w from {{ pairs }} where is_apart = 0 and best >= {{ link_threshold() }}
    )
    select nodes.node as cluster, nodes.size
    from {{ nodes }} as nodes
    inner join live on nodes.node = live.node
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

{% macro _joined_apart(apart, joins) -%}
    select distinct coalesce(a.joined, apart.v) as v, coalesce(b.joined, apart.w) as w
    from {{ apart }} as apart
    left join {{ joins }} as a on apart.v = a.cluster
    left join {{ joins }} as b on apart.w = b.cluster
{%- endmacro %}

{% macro _joined_edges(edges, joins, apart, merged) -%}
    with renamed as (
        select edges.*, coalesce(a.joined, edges.v) as one, coalesce(b.joined, edges.w) as other
        from {{ edges }} as edges
        left join {{ joins }} as a on edges.v = a.cluster
        left join {{ joins }} as b on edges.w = b.cluster
    ),
    joined as (
        select least(one, other) as v, greatest(one, other) as w, {{ merged }}
        from renamed
        where one <> other
        group by least(one, other), greatest(one, other)
    )
    select joined.*
    from joined
    left join {{ apart }} as apart on joined.v = apart.v and joined.w = apart.w
    where apart.v is null
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

{% macro _smallest_nodes(column, nodes, roots) -%}
    with rooted as (
        select nodes.node, coalesce(roots.root, nodes.node) as root
        from {{ nodes }} as nodes
        left join {{ roots }} as roots on nodes.node = roots.node
    ),
    smallest as (
        select root, min(node) as node
        from rooted
        group by root
    )
    select rooted.node, smallest.node as {{ column }}
    from rooted
    inner join smallest on rooted.root = smallest.root
{%- endmacro %}
