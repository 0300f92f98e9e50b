{#-
    Connected components. The model's SQL gives edges (node_a, node_b), in any order, repeated or not; a loop
    (x, x) names a node without neighbours. The table that results has one row per node:
        node, component (the smallest node of its component).

    Randomized contraction (Bögeholz, Brand, Todor: In-database connected component analysis, ICDE 2020): in
    each round every node takes the neighbour (or itself) that comes first in a fresh random order, nodes that took
    the same one become one, and loops vanish. That shrinks a graph by a constant factor a round in expectation,
    however long its chains are. The random order decides how many rounds it takes, never the result.

    config: max_rounds (default 60): stops loudly when edges are left after that many.
-#}
{% materialization components, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set max_rounds = config.get('max_rounds', 60) -%}
    {%- set work = this.identifier ~ '__' -%}
    {% do begin_model() %}

    {% do create_work_table(work ~ 'links', 'select node_a, node_b from (' ~ sql ~ ') links') %}
    {% do create_work_table(work ~ 'nodes', _numbered_nodes(work_table(work ~ 'links'))) %}
    {% do create_work_table(work ~ 'edges_0', _numbered_edges(work_table(work ~ 'links'), work_table(work ~ 'nodes'))) %}

    {% set ns = namespace(rounds=0, left=_count(work ~ 'edges_0')) %}
    {% for i in range(max_rounds) if ns.left > 0 %}
        {% do create_work_table(work ~ 'reps_' ~ i, _representatives(work_table(work ~ 'edges_' ~ i), i)) %}
        {% do create_work_table(
            work ~ 'edges_' ~ (i + 1),
            _contracted(work_table(work ~ 'edges_' ~ i), work_table(work ~ 'reps_' ~ i)),
            then_drop=[work ~ 'edges_' ~ i]
        ) %}
        {% set ns.rounds = i + 1 %}
        {% set ns.left = _count(work ~ 'edges_' ~ (i + 1)) %}
    {% endfor %}
    {% if ns.left > 0 %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ': ' ~ ns.left ~ ' edges are left after ' ~ max_rounds
            ~ ' rounds, so the components are not found. Raise max_rounds, or look for a giant component.'
        ) }}
    {% endif %}
    {% do log(this.identifier ~ ': ' ~ ns.rounds ~ ' rounds') %}

    {#- From the last round back to the first: the representative of a representative. -#}
    {% for i in range(ns.rounds - 2, -1, -1) %}
        {% set later = work ~ 'reps_' ~ (i + 1) if i == ns.rounds - 2 else work ~ 'roots_' ~ (i + 1) %}
        {% do create_work_table(
            work ~ 'roots_' ~ i,
            _roots(work_table(work ~ 'reps_' ~ i), work_table(later)),
            then_drop=[later, work ~ 'reps_' ~ i]
        ) %}
    {% endfor %}
    {% set roots = none if ns.rounds == 0 else (work ~ 'reps_0' if ns.rounds == 1 else work ~ 'roots_0') %}

    {% set final = _smallest_nodes(work_table(work ~ 'nodes'), work_table(roots) if roots else none) %}
    {% set alone = _lone_nodes(work_table(work ~ 'links'), work_table(work ~ 'nodes')) %}
    {% do replace_table(
        target_relation,
        existing,
        'select node, component from (' ~ final ~ ') joined union all select node, node from (' ~ alone ~ ') alone'
    ) %}
    {% do drop_work_tables(
        [work ~ 'links', work ~ 'nodes', work ~ 'edges_' ~ ns.rounds] + ([roots] if roots else [])
    ) %}

    {{ return(finished_model(target_relation)) }}
{% endmaterialization %}


{% macro _count(name) -%}
    {{ return(run_query('select count(*) from ' ~ work_table(name)).columns[0].values()[0] | int) }}
{%- endmacro %}

{#- Dense numbers of nodes with neighbours, in the nodes' own order, so that the smallest number is the smallest node. -#}
{% macro _numbered_nodes(links) -%}
    select node, row_number() over (order by node) as id
    from (
        select node_a as node from {{ links }} where node_a <> node_b
        union
        select node_b from {{ links }} where node_a <> node_b
    ) nodes
{%- endmacro %}

{#- Nodes without neighbours: named by loops, or by links whose other end is unknown. -#}
{% macro _lone_nodes(links, nodes) -%}
    select lone.node
    from (
        select coalesce(node_a, node_b) as node
        from {{ links }}
        where node_a = node_b or node_a is null or node_b is null
        group by coalesce(node_a, node_b)
    ) lone
    left join {{ nodes }} as nodes on lone.node = nodes.node
    where lone.node is not null and nodes.node is null
{%- endmacro %}

{% macro _numbered_edges(links, nodes) -%}
    with pairs as (
        select distinct least(a.id, b.id) as v, greatest(a.id, b.id) as w
        from {{ links }} as links
        inner join {{ nodes }} as a on links.node_a = a.node
        inner join {{ nodes }} as b on links.node_b = b.node
        where a.id <> b.id
    )
    select v, w from pairs
    union all
    select w, v from pairs
{%- endmacro %}

{% macro _representatives(edges, round) -%}
    select v, {{ first_by('w', hash64('w, ' ~ round)) }} as r
    from (select v, w from {{ edges }} union all select distinct v, v as w from {{ edges }}) neighbours
    group by v
{%- endmacro %}

{% macro _contracted(edges, reps) -%}
    select distinct a.r as v, b.r as w
    from {{ edges }} as edges
    inner join {{ reps }} as a on edges.v = a.v
    inner join {{ reps }} as b on edges.w = b.v
    where a.r <> b.r
{%- endmacro %}

{% macro _roots(reps, later) -%}
    select reps.v, coalesce(later.r, reps.r) as r
    from {{ reps }} as reps
    left join {{ later }} as later on reps.r = later.v
{%- endmacro %}

{% macro _smallest_nodes(nodes, roots) -%}
    {%- if roots %}
    with rooted as (
        select nodes.node, nodes.id, coalesce(roots.r, nodes.id) as root
        from {{ nodes }} as nodes
        left join {{ roots }} as roots on nodes.id = roots.v
    ),
    smallest as (
        select root, min(id) as id
        from rooted
        group by root
    )
    select rooted.node, nodes.node as component
    from rooted
    inner join smallest on rooted.root = smallest.root
    inner join {{ nodes }} as nodes on smallest.id = nodes.id
    {%- else %}
    select node, node as component
    from {{ nodes }}
    {%- endif %}
{%- endmacro %}
