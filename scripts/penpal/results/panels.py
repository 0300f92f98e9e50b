"""What the page tells, in its order: each panel is a query of the marts, and perhaps a chart.

A panel's query may name `$campaign` or `$segment`: null, or the one that was asked for. It gives
the table as it is shown, so that every figure of the page is that of its mart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chart:
    """Columns of the panel's table that are drawn: label and value; low and high of intervals.

    `kind` is bars, intervals (points beside 0) or lines; lines go over the values of `over`.
    """

    label: str
    value: str
    low: str = ""
    high: str = ""
    most: float | None = None
    kind: str = "bars"
    over: str = ""


@dataclass(frozen=True)
class Panel:
    """A table of the page; `about` is the heading that it stands under."""

    about: str
    title: str
    query: str
    chart: Chart | None = None
    empty: str = "none"


HEALTH, FUNNEL = "Is the data sound?", "From raw rows to letters"
IDENTITY, SEGMENTS, CAMPAIGNS = "Who is who", "Segments", "Campaigns"
EXPERIMENTS, FATIGUE = "Experiments", "How much is too much"
PREDICTIONS, REVIEW, RUN = "Predictions", "What the results speak against", "The run"
ONE = "($campaign is null or campaign = $campaign)"
# A row of experiment_results as it is shown; whose experiment it is, assignments tell.
VERDICTS = """select experiment, {columns}
        from marts.experiment_results as results
        where {where}
            and ($campaign is null or experiment = $campaign or experiment in (
                select experiment from marts.experiment_assignments where campaign = $campaign))
        order by experiment, {order}"""

RATES = "cut = 'all' and ($campaign is null or campaign = $campaign)"

PANELS = (
    Panel(
        HEALTH,
        "Health of each source, of 100 points",
        """select source, round(min(score), 1) as score, cast(max(day) as varchar) as day
        from marts.data_health
        where day = (select max(day) from marts.data_health)
        group by source order by source""",
        Chart("source", "score", most=100),
    ),
    Panel(
        HEALTH,
        "What it lost points for, in the last seven days",
        """select source || '.' || source_table as "table", cast(day as varchar) as day, fault,
            category, detail, round(points_lost, 1) as points
        from marts.data_health
        where fault <> 'none' and day > (select max(day) from marts.data_health) - 7
        order by points_lost desc, day desc, source, source_table, fault, category""",
        empty="nothing",
    ),
    Panel(
        HEALTH,
        "Rows that were rejected",
        """select source || '.' || source_table as "table", reason, count(*) as rows
        from marts.rejected_records group by all order by rows desc, "table", reason""",
    ),
    Panel(
        FUNNEL,
        "Raw rows",
        """select source || '.' || source_table as "table", rows_in as received,
            rows_staged as kept, rows_duplicate as copies, rows_rejected as rejected
        from marts.source_audit where is_listed and rows_in > 0 order by source, source_table""",
    ),
    Panel(
        FUNNEL,
        "Customers on their way to a letter",
        """with steps (place, step, n) as (
            select 1, 'customers', count(*) from marts.customers
            union all select 2, 'with an address', count(primary_email) from marts.customers
            union all select 3, 'who may be written to', count(*)
                from marts.customers where can_email
            union all select 4, 'with an occasion', count(distinct customer_id)
                from marts.email_decisions
            union all select 5, 'get a letter now', count(distinct customer_id)
                from marts.email_decisions where decision = 'send'
        )
        select step, n as customers,
            round(100 * n / nullif(max(n) over (), 0), 1) as percent
        from steps order by place""",
        Chart("step", "customers"),
    ),
    Panel(
        IDENTITY,
        "Records and the people they are",
        """with steps (place, step, n) as (
            select 1, 'records of sources', count(*) from identity.identity_map
            union all select 2, 'groups tied by keys', count(distinct key_group)
                from identity.identity_map
            union all select 3, 'customers', count(distinct customer_id)
                from identity.identity_map
            union all select 4, 'customer ids merged into another', count(*)
                from identity.customer_id_changes where customer_id <> current_customer_id
        )
        select step, n as count from steps order by place""",
        Chart("step", "count"),
    ),
    Panel(
        IDENTITY,
        "Links between records, by what tells them",
        """select rule, count(*) as links, round(min(score), 1) as "least score"
        from identity.identity_edges group by rule order by links desc, rule""",
    ),
    Panel(
        IDENTITY,
        "Conflicts: records that share a value and are kept apart",
        """select reason, identifier_type as "shared", count(*) as pairs
        from identity.identity_conflicts group by all order by pairs desc, reason, "shared\"""",
    ),
    Panel(
        IDENTITY,
        "The grey zone: pairs near the threshold, for a person to decide",
        """select why, is_linked as linked, count(*) as pairs, round(min(probability), 2) as "from",
            round(max(probability), 2) as "to"
        from identity.identity_review group by all order by pairs desc, why, linked""",
    ),
    Panel(
        IDENTITY,
        "Profiles that a person should look at",
        """select reason, count(*) as customers
        from (select unnest(string_split(review_reasons, ';')) as reason from marts.customers)
        where reason <> '' group by reason order by customers desc, reason""",
        Chart("reason", "customers"),
    ),
    Panel(
        IDENTITY,
        "Identifiers that join nobody any more",
        """select identifier_type, reason, count(*) as identifiers, sum(records_count) as records
        from marts.suppressed_identifiers group by all order by all""",
    ),
    Panel(
        SEGMENTS,
        "Segments",
        """select segment, size, entered_count as entered, left_count as "left"
        from marts.segment_sizes
        where day = (select max(day) from marts.segment_sizes)
            and ($segment is null or segment = $segment)
        order by size desc, segment""",
        Chart("segment", "size"),
    ),
    Panel(
        SEGMENTS,
        "Segments over time, the largest five",
        """with days as (
            select day, row_number() over (order by day desc) as ago
            from marts.segment_sizes group by day
        ),
        last as (select max(day) as day from marts.segment_sizes),
        largest as (
            select segment from marts.segment_sizes inner join last using (day)
            where $segment is null or segment = $segment order by size desc, segment limit 5
        )
        select segment, cast(day as varchar) as day, size
        from marts.segment_sizes inner join largest using (segment) inner join days using (day)
        where ago <= 84 and (ago - 1) % 7 = 0 order by segment, day""",
        Chart("segment", "size", kind="lines", over="day"),
    ),
    Panel(
        SEGMENTS,
        "Segments that overlap most",
        """select segment, other_segment, both_count as "both",
            round(100 * share_of_segment, 1) as "percent of the first"
        from marts.segment_overlap
        where both_count > 0 and ($segment is null or segment = $segment)
        order by share_of_segment desc, segment, other_segment limit 15""",
    ),
    Panel(
        SEGMENTS,
        "How letters to members of each segment do",
        """select segment, members_count as members, sent_count as sent, clicked_count as clicked,
            round(100 * click_rate, 2) as "click rate, %",
            round(100 * click_rate_low, 2) as low, round(100 * click_rate_high, 2) as high,
            click_rate_quartile as quarter, round(100 * recent_click_rate, 2) as "last 30 days, %",
            round(100 * earlier_click_rate, 2) as "before, %",
            round(100 * order_rate, 2) as "order rate, %", order_rate_quartile as "of orders",
            revenue_last_touch as revenue
        from marts.segment_performance where $segment is null or segment = $segment
        order by click_rate desc nulls last, segment""",
        Chart("segment", "click rate, %", "low", "high"),
    ),
    Panel(
        CAMPAIGNS,
        "Decisions of this run",
        """select campaign, decision, reason, count(*) as letters from marts.email_decisions
        where $campaign is null or campaign = $campaign
        group by all order by campaign, letters desc, reason""",
    ),
    Panel(
        CAMPAIGNS,
        "Clicks by campaign and variant, with 95 % intervals",
        f"""select campaign || case variant when 'default' then '' else ' ' || variant end
            as campaign,
            sent_count as sent, delivered_count as delivered, clicked_count as clicked,
            round(100 * clicked_rate, 2) as "click rate, %",
            round(100 * clicked_rate_low, 2) as low, round(100 * clicked_rate_high, 2) as high,
            opened_count as "opened by people", sessions_count as visits,
            redeemed_count as "codes redeemed", offered_count as "of codes",
            bounced_count as bounced, complained_count as complaints,
            unsubscribed_count as unsubscribed
        from marts.campaign_performance where {RATES} order by campaign, variant""",
        Chart("campaign", "click rate, %", "low", "high"),
    ),
    Panel(
        CAMPAIGNS,
        "Revenue by campaign, by three ways of attribution (base currency)",
        f"""select campaign, sum(revenue_last_touch) as "last touch",
            sum(revenue_position_based) as "position based",
            sum(revenue_data_driven) as "data driven"
        from marts.campaign_performance where {RATES}
        group by campaign order by "last touch" desc, campaign""",
        Chart("campaign", "last touch"),
    ),
    Panel(
        CAMPAIGNS,
        "Revenue a customer that the letters caused, beside the holdout (base currency)",
        f"""select campaign, customers_count as customers, holdout_count as holdout,
            round(increment_per_customer, 2) as caused, round(increment_low, 2) as low,
            round(increment_high, 2) as high, round(increment_total, 2) as "in all",
            round(increment_total_low, 2) as "all, low",
            round(increment_total_high, 2) as "all, high", verdict_reason as why
        from marts.campaign_increments where segment = 'all' and {ONE}
        order by campaign""",
        Chart("campaign", "caused", "low", "high", kind="intervals"),
        empty="no campaign has a holdout whose days are over",
    ),
    Panel(
        CAMPAIGNS,
        "Visits that letters led to",
        f"""select campaign, matched_by as "told by", count(*) as visits,
            sum(product_views_count) as "products seen", count(*) filter (has_order) as orders
        from marts.campaign_sessions where {ONE}
        group by all order by visits desc, campaign, "told by\"""",
    ),
    Panel(
        CAMPAIGNS,
        "Part of the clicks that had come, by hours after the delivery",
        f"""with totals as (
            select campaign, sum(clicked_count) as clicks from marts.click_delays
            where {ONE} group by campaign order by clicks desc, campaign limit 5
        ),
        hours as (select unnest([0, 1, 2, 3, 6, 12, 24, 48]) as hour)
        select totals.campaign, hours.hour + 1 as hours, round(100 * coalesce((
            select max(share_so_far) from marts.click_delays as delays
            where delays.campaign = totals.campaign and delays.hours_after <= hours.hour
        ), 0), 1) as "percent of clicks"
        from totals cross join hours order by totals.campaign, hours""",
        Chart("campaign", "percent of clicks", kind="lines", over="hours"),
    ),
    Panel(
        CAMPAIGNS,
        "Why people say they unsubscribe",
        f"""select campaign, reason, answers_count as answers
        from marts.unsubscribe_reasons where {ONE}
        order by answers desc, campaign, reason""",
        empty="nobody was asked, or nobody answered",
    ),
    Panel(
        EXPERIMENTS,
        "Experiments",
        VERDICTS.format(
            columns="""metric, arm, base_arm as beside, units_count as customers,
            base_units_count as "of beside", round(value, 4) as value,
            round(base_value, 4) as base, round(difference_low, 4) as low,
            round(difference_high, 4) as high, round(p_value_holm, 4) as p,
            round(p_value_always_valid, 4) as "p, looked at daily", verdict,
            verdict_reason as why""",
            where="comparison = 'arm' and segment = 'all'",
            order="metric, arm",
        ),
    ),
    Panel(
        EXPERIMENTS,
        "Clicks: each arm less the base, in percentage points",
        VERDICTS.format(
            columns="""experiment || ' ' || arm as arm, base_arm as beside,
            round(100 * difference, 2) as difference, round(100 * difference_low, 2) as low,
            round(100 * difference_high, 2) as high, verdict""",
            where="comparison = 'arm' and segment = 'all' and metric = 'clicked'",
            order="results.arm",
        ),
        Chart("arm", "difference", "low", "high", kind="intervals"),
    ),
    Panel(
        EXPERIMENTS,
        "What each factor does, and where two of them depend on each other",
        VERDICTS.format(
            columns="""metric, comparison, arm as level, base_arm as beside,
            round(difference, 4) as difference, round(difference_low, 4) as low,
            round(difference_high, 4) as high, round(p_value_holm, 4) as p, verdict,
            verdict_reason as why""",
            where="comparison in ('main_effect', 'interaction') and metric <> 'unsubscribed'",
            order="metric, comparison desc, level, beside",
        ),
        empty="no experiment has several factors",
    ),
    Panel(
        EXPERIMENTS,
        "Experiments by segment",
        """select experiment, segment, comparison, metric, arm, base_arm as beside,
            units_count as customers, round(difference, 4) as difference,
            round(difference_low, 4) as low, round(difference_high, 4) as high,
            round(p_value_holm, 4) as p, verdict
        from marts.experiment_results
        where segment <> 'all' and verdict <> 'broken'
            and metric in ('clicked', 'revenue_per_customer')
            and ($segment is null or segment = $segment)
        order by experiment, segment, comparison, metric, arm""",
        empty="no segment has enough customers in each arm",
    ),
    Panel(
        FATIGUE,
        "Clicks and unsubscribes by letters in the 30 days before",
        """select cut_value as "letters before", sum(delivered_count) as delivered,
            sum(clicked_count) as clicked,
            round(100 * sum(clicked_count) / nullif(sum(delivered_count), 0), 2) as "click rate, %",
            sum(unsubscribed_count) as unsubscribed,
            round(100 * sum(unsubscribed_count) / nullif(sum(delivered_count), 0), 2)
            as "unsubscribed, %"
        from marts.campaign_performance
        where cut = 'letters_30d' and ($campaign is null or campaign = $campaign)
        group by cut_value order by cut_value""",
        Chart("letters before", "click rate, %"),
    ),
    Panel(
        FATIGUE,
        "Letters that caps and manners held back in this run",
        f"""select reason, decision, count(*) as letters, count(distinct customer_id) as customers
        from marts.email_decisions
        where reason in ('circuit_breaker', 'holdout', 'cooldown', 'waiting', 'quiet_hours',
            'frequency_cap', 'diversity', 'outranked', 'volume_cap') and {ONE}
        group by all order by letters desc, reason, decision""",
        Chart("reason", "letters"),
    ),
    Panel(
        PREDICTIONS,
        "How good predictions were on days that they had not seen",
        """select model, method, is_used as used, metric, round(value, 4) as value,
            cast(judged_until as varchar) as "judged until"
        from marts.model_metrics
        where metric in ('auc', 'brier', 'log_loss', 'lift_at_10_percent', 'mean_absolute_error')
        order by model, metric, used desc, method""",
    ),
)
