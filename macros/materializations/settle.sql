{#-
    Clusters of links that contradict each other: from the best link down, two clusters join unless
    they hold nodes that must be apart (Kruskal's algorithm with cannot-links), so that what must be
    apart is cut at its weakest link. clusters.sql says what the model's SQL gives, what the table
    holds and what can be configured.

    It need not go link by link: any link that Kruskal's algorithm is sure to take may be joined at
    once, in any order (`_sure_choices` says which are). So it takes as many rounds as Borůvka's,
    the logarithm of the number of nodes, and more only where one cut decides the next.
-#}
{% materialization settle, default %}
    {% do begin_clusters(sql) %}
    {% do create_work_table('edges_0', _ranked_links(work_table('pairs')), then_drop=['pairs', 'sizes_0']) %}

    {% set ns = namespace(rounds=0, has_joined=true) %}
    {% for i in range(max_cluster_rounds() + 1) if ns.has_joined %}
        {% set edges, apart, joins = work_table('edges_' ~ i), work_table('apart_' ~ i), 'joins_' ~ i %}
        {% do create_work_table('choices', _first_choices(edges)) %}
        {% do create_work_table(joins, _sure_choices(work_table('choices'), apart)) %}
        {% do follow_joins(joins) %}
        {% set ns.has_joined = join_clusters(i, edges, 'min(link) as link') %}
        {% set ns.rounds = i %}
    {% endfor %}

    {{ return(named_clusters(ns.rounds, then_drop=['choices'])) }}
{% endmaterialization %}


{% macro _ranked_links(pairs) -%}
    select v, w, row_number() over (order by best desc, tie, v, w) as link
    from {{ pairs }}
    where is_apart = 0 and best >= {{ link_threshold() }}
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
    A cluster's first choice is its first link that is allowed, so it stands alone when the
    algorithm comes to that link, and joins unless the other side has meanwhile taken in one that
    must be apart from it. That could only be one that is not apart from the other side too, and
    whose own first link comes before. Where there is none, or where both choose each other, the
    link is sure to be taken.
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
