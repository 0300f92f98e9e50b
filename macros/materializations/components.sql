{#-
    Connected components. The model's SQL gives edges (node_a, node_b) of nodes that are whole
    numbers, in any order, repeated or not; a loop (x, x), or an edge whose other end is null, names
    a node without neighbours. The table that results has one row per node:
        node, component (the smallest node of its component).

    Randomized contraction (Bögeholz, Brand, Todor: In-database connected component analysis, ICDE
    2020): in each round every node takes the neighbour (or itself) that comes first in a fresh
    random order, nodes that took the same one become one, and loops vanish. That shrinks a graph by
    a constant factor a round in expectation, however long its chains are. The random order decides
    how many rounds it takes, never the result.

    config: max_rounds (default 60): stops loudly when edges are left after that many.
-#}
{% materialization components, default %}
    {%- set max_rounds = config.get('max_rounds', 60) -%}
    {% do begin_model() %}

    {% do create_work_table('links', _whole_edges(sql)) %}
    {% do create_work_table('edges_0', _edges_both_ways(work_table('links'))) %}

    {% set ns = namespace(rounds=0, left=count_work_table('edges_0')) %}
    {% for i in range(max_rounds) if ns.left > 0 %}
        {% set edges, taken, next = 'edges_' ~ i, 'taken_' ~ i, 'edges_' ~ (i + 1) %}
        {% do create_work_table(taken, _taken_neighbours(work_table(edges), i)) %}
        {% do create_work_table(next, _contracted_edges(work_table(edges), work_table(taken)), then_drop=[edges]) %}
        {% set ns.rounds = i + 1 %}
        {% set ns.left = count_work_table(next) %}
    {% endfor %}
    {% if ns.left > 0 %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ': ' ~ ns.left ~ ' edges are left after ' ~ max_rounds
            ~ ' rounds, so the components are not found. Raise max_rounds, or look for a giant component.'
        ) }}
    {% endif %}
    {% do log(this.identifier ~ ': ' ~ ns.rounds ~ ' rounds') %}

    {#- From the last round, which left no edges, back to the first: what was taken by what a node took. -#}
    {% set last = 'roots_' ~ ns.rounds %}
    {% do create_work_table(last, _no_roots(work_table('edges_' ~ ns.rounds)), then_drop=['edges_' ~ ns.rounds]) %}
    {% for i in range(ns.rounds - 1, -1, -1) %}
        {% set taken, later = 'taken_' ~ i, 'roots_' ~ (i + 1) %}
        {% do create_work_table('roots_' ~ i, _roots(work_table(taken), work_table(later)), then_drop=[taken, later]) %}
    {% endfor %}

    {% do create_work_table('nodes', _nodes(work_table('links')), then_drop=['links']) %}
    {{ return(finished_clusters('component', work_table('roots_0'), then_drop=['roots_0'])) }}
{% endmaterialization %}


{% macro _whole_edges(sql) -%}
    select cast(node_a as bigint) as node_a, cast(node_b as bigint) as node_b from ({{ sql }}) links
{%- endmacro %}

{% macro _nodes(links) -%}
    select node
    from (
        select node_a as node from {{ links }}
        union
        select node_b from {{ links }} where node_a is null or node_a <> node_b
    ) ends
    where node is not null
{%- endmacro %}

{% macro _edges_both_ways(links) -%}
    with pairs as (
        select distinct least(node_a, node_b) as v, greatest(node_a, node_b) as w
        from {{ links }}
        where node_a <> node_b
    )
    select v, w from pairs
    union all
    select w, v from pairs
{%- endmacro %}

{% macro _taken_neighbours(edges, round) -%}
    select v as node, {{ first_by('w', hash64('w, ' ~ round)) }} as root
    from (select v, w from {{ edges }} union all select distinct v, v as w from {{ edges }}) neighbours
    group by v
{%- endmacro %}

{% macro _contracted_edges(edges, taken) -%}
    select distinct a.root as v, b.root as w
    from {{ edges }} as edges
    inner join {{ taken }} as a on edges.v = a.node
    inner join {{ taken }} as b on edges.w = b.node
    where a.root <> b.root
{%- endmacro %}

{% macro _no_roots(edges) -%}
    select v as node, w as root from {{ edges }}
{%- endmacro %}

{% macro _roots(taken, later) -%}
    select taken.node, coalesce(later.root, taken.root) as root
    from {{ taken }} as taken
    left join {{ later }} as later on taken.root = later.node
{%- endmacro %}
