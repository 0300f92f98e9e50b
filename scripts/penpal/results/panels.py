"""What the page tells, in its order: each panel is a query of the marts, and perhaps a chart.

A panel's query may name `$campaign` or `$segment`: null, or the one that was asked for. It gives
the table as it is shown, so that every figure of the page is that of its mart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chart:
    """Columns of the panel's table that are drawn: label and value; low and high of intervals."""

    label: str
    value: str
    low: str = ""
    high: str = ""
    most: float | None = None


@dataclass(frozen=True)
class Panel:
    """A table of the page; `about` says which of the page's questions it belongs to."""

    about: str
    title: str
    query: str
    chart: Chart | None = None
    empty: str = "none"


RATES = "cut = 'all' and ($campaign is null or campaign = $campaign)"

PANELS = (
    Panel(
        "health",
        "Health of each source, of 100 points",
        """select source, round(min(score), 1) as score, cast(max(day) as varchar) as day
        from marts.data_health
        where day = (select max(day) from marts.data_health)
        group by source order by source""",
        Chart("source", "score", most=100),
    ),
    Panel(
        "health",
        "What it lost points for, in the last seven days",
        """select source || '.' || source_table as "table", cast(day as varchar) as day, fault,
            category, detail, round(points_lost, 1) as points
        from marts.data_health
        where fault <> 'none' and day > (select max(day) from marts.data_health) - 7
        order by points_lost desc, day desc, source, source_table, fault, category""",
        empty="nothing",
    ),
    Panel(
        "health",
        "Rows that were rejected",
        """select source || '.' || source_table as "table", reason, count(*) as rows
        from marts.rejected_records group by all order by rows desc, "table", reason""",
    ),
    Panel(
        "funnel",
        "Raw rows",
        """select source || '.' || source_table as "table", rows_in as received,
            rows_staged as kept, rows_duplicate as copies, rows_rejected as rejected
        from marts.source_audit where is_listed and rows_in > 0 order by source, source_table""",
    ),
    Panel(
        "funnel",
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
        "identity",
        "Profiles that a person should look at",
        """select reason, count(*) as customers
        from (select unnest(string_split(review_reasons, ';')) as reason from marts.customers)
        where reason <> '' group by reason order by customers desc, reason""",
        Chart("reason", "customers"),
    ),
    Panel(
        "identity",
        "Identifiers that join nobody any more",
        """select identifier_type, reason, count(*) as identifiers, sum(records_count) as records
        from marts.suppressed_identifiers group by all order by all""",
    ),
    Panel(
        "segments",
        "Segments",
        """select segment, size, entered_count as entered, left_count as "left"
        from marts.segment_sizes
        where day = (select max(day) from marts.segment_sizes)
            and ($segment is null or segment = $segment)
        order by size desc, segment""",
        Chart("segment", "size"),
    ),
    Panel(
        "segments",
        "Segments that overlap most",
        """select segment, other_segment, both_count as "both",
            round(100 * share_of_segment, 1) as "percent of the first"
        from marts.segment_overlap
        where both_count > 0 and ($segment is null or segment = $segment)
        order by share_of_segment desc, segment, other_segment limit 15""",
    ),
    Panel(
        "segments",
        "How letters to members of each segment do",
        """select segment, members_count as members, sent_count as sent, clicked_count as clicked,
            round(100 * click_rate, 2) as "click rate, %",
            round(100 * click_rate_low, 2) as low, round(100 * click_rate_high, 2) as high,
            click_rate_quartile as quarter, revenue_last_touch as revenue
        from marts.segment_performance where $segment is null or segment = $segment
        order by click_rate desc nulls last, segment""",
        Chart("segment", "click rate, %", "low", "high"),
    ),
    Panel(
        "campaigns",
        "Decisions of this run",
        """select campaign, decision, reason, count(*) as letters from marts.email_decisions
        where $campaign is null or campaign = $campaign
        group by all order by campaign, letters desc, reason""",
    ),
    Panel(
        "campaigns",
        "Clicks by campaign and variant, with 95 % intervals",
        f"""select campaign || case variant when 'default' then '' else ' ' || variant end
            as campaign,
            sent_count as sent, delivered_count as delivered, clicked_count as clicked,
            round(100 * clicked_rate, 2) as "click rate, %",
            round(100 * clicked_rate_low, 2) as low, round(100 * clicked_rate_high, 2) as high,
            opened_count as "opened by people", bounced_count as bounced,
            complained_count as complaints, unsubscribed_count as unsubscribed
        from marts.campaign_performance where {RATES} order by campaign, variant""",
        Chart("campaign", "click rate, %", "low", "high"),
    ),
    Panel(
        "campaigns",
        "Revenue by campaign, by three ways of attribution (base currency)",
        f"""select campaign, sum(revenue_last_touch) as "last touch",
            sum(revenue_position_based) as "position based",
            sum(revenue_data_driven) as "data driven"
        from marts.campaign_performance where {RATES}
        group by campaign order by "last touch" desc, campaign""",
        Chart("campaign", "last touch"),
    ),
    Panel(
        "experiments",
        "Experiments",
        """select experiment, metric, arm, base_arm as beside, units_count as customers,
            round(value, 4) as value, round(base_value, 4) as base,
            round(difference_low, 4) as low, round(difference_high, 4) as high,
            round(p_value_holm, 4) as p, round(p_value_always_valid, 4) as "p, looked at daily",
            verdict, verdict_reason as why
        from marts.experiment_results
        where $campaign is null or experiment = $campaign
        order by experiment, metric, arm""",
    ),
    Panel(
        "fatigue",
        "Clicks and unsubscribes by letters in the 30 days before",
        """select cut_value as "letters before", sum(delivered_count) as delivered,
            sum(clicked_count) as clicked,
            round(100 * sum(clicked_count) / nullif(sum(delivered_count), 0), 2) as "click rate, %",
            sum(unsubscribed_count) as unsubscribed
        from marts.campaign_performance
        where cut = 'letters_30d' and ($campaign is null or campaign = $campaign)
        group by cut_value order by cut_value""",
        Chart("letters before", "click rate, %"),
    ),
    Panel(
        "predictions",
        "How good predictions were on days that they had not seen",
        """select model, method, is_used as used, metric, round(value, 4) as value,
            cast(judged_until as varchar) as "judged until"
        from marts.model_metrics
        where metric in ('auc', 'brier', 'log_loss', 'lift_at_10_percent', 'mean_absolute_error')
        order by model, metric, used desc, method""",
    ),
)
