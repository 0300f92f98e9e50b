"""What the results speak against: campaigns, segments and thresholds, each with its evidence.

The regular review of rules: a finding names the rule, its owner, the numbers, and what to do. All
of it comes from marts; docs/results.md tells what is looked at.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from penpal.results import statistics as st
from penpal.results.thresholds import HORIZON, better
from penpal.results.verdicts import ENOUGH
from penpal.settings import ROOT

CAMPAIGNS = ROOT / "seeds" / "rules" / "campaigns.csv"
LETTERS = 500  # from how many letters, or customers of a segment, on something is said
TWICE = (
    2.0  # a campaign loses readers where its rate is surely more than this many times the others'
)


@dataclass(frozen=True)
class Finding:
    """Something that the results speak against."""

    kind: str
    rule: str
    owner: str
    evidence: str
    advice: str
    numbers: dict[str, Any] = field(default_factory=dict)


def findings(
    connection: duckdb.DuckDBPyConnection,
    letters: int = LETTERS,
    campaigns: Path = CAMPAIGNS,
) -> list[Finding]:
    """All findings from `letters` letters on, campaigns first, in a stable order."""
    rules = {row["campaign"]: row for row in _rules(campaigns)}
    return [
        *no_increment(connection, rules, letters),
        *no_holdout(connection, rules, letters),
        *readers_lost(connection, rules, letters),
        *decided_experiments(connection, rules),
        *segments_like_others(connection, letters),
        *letters_too_many(connection, letters),
        *notches_away(connection),
    ]


def _rules(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _rows(connection: duckdb.DuckDBPyConnection, query: str, given: Any = None) -> list[dict]:
    """Rows of a query; none where a mart is not in this warehouse."""
    try:
        found = connection.execute(query, given)
    except duckdb.CatalogException:
        return []
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _owner(rules: dict[str, dict[str, str]], campaign: str) -> str:
    return rules.get(campaign, {}).get("owner") or "nobody"


def no_increment(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, dict[str, str]], letters: int
) -> Iterator[Finding]:
    """Letters that brought nothing beyond chance, after enough customers; or did harm."""
    query = """
    select * from marts.campaign_increments
    where segment = 'all' and customers_count >= $1 and holdout_count >= $2
        and verdict <> 'broken' and increment_low <= 0
    order by campaign"""
    for row in _rows(connection, query, [letters, ENOUGH]):
        is_harm = row["increment_high"] < 0
        yield Finding(
            "no_increment",
            f"campaign {row['campaign']}",
            _owner(rules, row["campaign"]),
            f"{row['customers_count']:,} customers brought {row['revenue_per_customer']:.2f} each,"
            f" {row['holdout_count']:,} who were kept from it"
            f" {row['holdout_revenue_per_customer']:.2f}: a difference of"
            f" {row['increment_per_customer']:+.2f}, 95 % interval {row['increment_low']:+.2f} to"
            f" {row['increment_high']:+.2f}.",
            "Stop it: it costs revenue."
            if is_harm
            else "Change what it says or to whom, or stop it; a holdout tells whether that helps.",
            {name: row[name] for name in ("customers_count", "increment_low", "increment_high")},
        )


def no_holdout(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, dict[str, str]], letters: int
) -> Iterator[Finding]:
    """Marketing letters of which nobody will ever know what they cause."""
    query = """
    select campaign, sum(sent_count) as sent_count from marts.campaign_performance
    where cut = 'all' group by campaign having sum(sent_count) >= $1 order by campaign"""
    for row in _rows(connection, query, [letters]):
        rule = rules.get(row["campaign"])
        if not rule or rule["kind"] != "marketing" or rule["is_active"] != "true":
            continue
        if float(rule["holdout_share"] or 0) > 0:
            continue
        yield Finding(
            "no_holdout",
            f"campaign {row['campaign']}",
            rule["owner"],
            f"{row['sent_count']:,} letters, and nobody was kept from it: what it causes cannot be"
            " told from what would have been bought anyway.",
            "Set holdout_share to 0.1 in campaigns.csv for some weeks.",
            {"sent_count": int(row["sent_count"])},
        )


def readers_lost(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, dict[str, str]], letters: int
) -> Iterator[Finding]:
    """Campaigns that lose surely more than twice the share of readers that the others lose."""
    query = """
    select campaign, cast(sum(delivered_count) as bigint) as delivered,
        cast(sum(unsubscribed_count) as bigint) as lost
    from marts.campaign_performance where cut = 'all' group by campaign order by campaign"""
    rows = _rows(connection, query)
    reasons = {
        row["campaign"]: f" {row['n']} of those who say why: {row['reason'].replace('_', ' ')}."
        for row in _rows(
            connection,
            """select campaign, arg_max(reason, (answers_count, reason)) as reason,
                max(answers_count) as n
            from marts.unsubscribe_reasons where reason <> 'other' group by campaign""",
        )
    }
    for row in rows:
        delivered = sum(other["delivered"] for other in rows) - row["delivered"]
        lost = sum(other["lost"] for other in rows) - row["lost"]
        if row["delivered"] < letters or delivered < letters:
            continue
        low, _ = st.wilson(row["lost"], row["delivered"])
        _, high = st.wilson(lost, delivered)
        if low > TWICE * lost / delivered and low > high:
            yield Finding(
                "readers_lost",
                f"campaign {row['campaign']}",
                _owner(rules, row["campaign"]),
                f"{row['lost']:,} of {row['delivered']:,} readers unsubscribed"
                f" ({row['lost'] / row['delivered']:.2%}, at least {low:.2%}); of all other"
                f" letters' {lost / delivered:.2%}.{reasons.get(row['campaign'], '')}",
                "Write less often (cooldown_days), to fewer, or something else.",
                {"unsubscribed": row["lost"], "delivered": row["delivered"], "rate_low": low},
            )


def decided_experiments(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, dict[str, str]]
) -> Iterator[Finding]:
    """Experiments with a verdict whose arms are still drawn, and those that are broken."""
    query = """
    select experiment, metric, arm, base_arm, verdict, verdict_reason
    from marts.experiment_results
    where comparison = 'arm' and segment = 'all' and base_arm <> 'holdout'
        and (verdict in ('winner', 'loser')
            or (verdict = 'broken' and metric = 'clicked'))
    order by experiment, metric, arm"""
    running = {r["experiment"]: r["owner"] for r in rules.values() if r["experiment"]}
    for row in _rows(connection, query):
        is_broken = row["verdict"] == "broken"
        if row["experiment"] not in running and not is_broken:
            continue
        yield Finding(
            "broken_split" if is_broken else "experiment_is_decided",
            f"experiment {row['experiment']}",
            running.get(row["experiment"], "nobody"),
            row["verdict_reason"] if is_broken else f"{row['metric']}: {row['verdict_reason']}",
            "Believe none of its results until the cause is found."
            if is_broken
            else f"Give everybody the better arm ({row['arm']} is the {row['verdict']}).",
            {"metric": row["metric"], "arm": row["arm"], "verdict": row["verdict"]},
        )


def segments_like_others(connection: duckdb.DuckDBPyConnection, letters: int) -> Iterator[Finding]:
    """Segments whose members treat letters as everybody does: why pick them out?"""
    query = """
    with cuts as (
        select cut_value as segment, cast(sum(delivered_count) as bigint) as delivered,
            cast(sum(clicked_count) as bigint) as clicked,
            cast(sum(unsubscribed_count) as bigint) as lost, sum(orders_last_touch) as orders
        from marts.campaign_performance where cut = 'segment' group by cut_value
    ),
    everybody as (
        select cast(sum(delivered_count) as bigint) as delivered,
            cast(sum(clicked_count) as bigint) as clicked,
            cast(sum(unsubscribed_count) as bigint) as lost, sum(orders_last_touch) as orders
        from marts.campaign_performance where cut = 'all'
    )
    select cuts.*, catalog.owner, everybody.delivered - cuts.delivered as others_delivered,
        everybody.clicked - cuts.clicked as others_clicked,
        everybody.lost - cuts.lost as others_lost, everybody.orders - cuts.orders as others_orders
    from cuts cross join everybody
    inner join marts.segment_catalog as catalog on cuts.segment = catalog.name
    order by cuts.segment"""
    for row in _rows(connection, query):
        if min(row["delivered"], row["others_delivered"]) < letters:
            continue
        tests = [
            st.difference_of_rates(
                min(row[what], row["delivered"]),
                row["delivered"],
                min(row[f"others_{what}"], row["others_delivered"]),
                row["others_delivered"],
            )
            for what in ("clicked", "orders", "lost")
        ]
        if any(p < 0.05 for p in st.holm([test.p for test in tests])):
            continue
        clicks = tests[0]
        yield Finding(
            "segment_like_others",
            f"segment {row['segment']}",
            row["owner"],
            f"{row['delivered']:,} letters to members and {row['others_delivered']:,} to others"
            f" were clicked, ordered from and unsubscribed from alike (clicks {clicks.value:+.2%},"
            f" 95 % interval {clicks.low:+.2%} to {clicks.high:+.2%}).",
            "Change its criterion, or write to its members as to everybody.",
            {"delivered": row["delivered"], "difference_low": clicks.low},
        )


def letters_too_many(connection: duckdb.DuckDBPyConnection, letters: int) -> Iterator[Finding]:
    """The number of letters in 30 days from which on readers click less and leave more."""
    query = """
    select cast(trim(cut_value, '+') as integer) as before,
        cast(sum(delivered_count) as bigint) as delivered,
        cast(sum(clicked_count) as bigint) as clicked,
        cast(sum(unsubscribed_count) as bigint) as lost
    from marts.campaign_performance where cut = 'letters_30d' group by all order by before"""
    rows = _rows(connection, query)
    for limit in sorted({row["before"] for row in rows if row["before"] > 0}):
        few, many = (
            {
                what: sum(row[what] for row in rows if (row["before"] >= limit) is is_many)
                for what in ("delivered", "clicked", "lost")
            }
            for is_many in (False, True)
        )
        if min(few["delivered"], many["delivered"]) < letters:
            continue
        clicks, lost = (
            st.difference_of_rates(many[what], many["delivered"], few[what], few["delivered"])
            for what in ("clicked", "lost")
        )
        if clicks.high < 0 and lost.low > 0:
            yield Finding(
                "letters_too_many",
                "var letter_caps",
                "crm team",
                f"After {limit} letters in 30 days, {many['delivered']:,} more were clicked"
                f" {-clicks.value:.2%} less ({-clicks.high:.2%} at least) and unsubscribed"
                f" from {lost.value:.2%} more ({lost.low:.2%} at least) than {few['delivered']:,}"
                " before.",
                f"Lower per_week so that about {limit} letters reach a reader in 30 days.",
                {"letters_30d": limit, "clicks_high": clicks.high, "unsubscribed_low": lost.low},
            )
            return


def notches_away(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Thresholds of segments a notch away from which the past would have been told better."""
    clock = _rows(connection, "select max(evaluated_at) as clock from marts.email_decisions")
    catalog = _rows(connection, "select name, owner, thresholds from marts.segment_catalog")
    if not clock or clock[0]["clock"] is None:
        return
    for row in sorted(catalog, key=lambda one: one["name"]):
        thresholds = json.loads(row["thresholds"] or "{}")
        for one in better(connection, clock[0]["clock"], row["name"], thresholds, ENOUGH):
            yield Finding(
                "threshold",
                f"segment {row['name']}, {one.threshold}",
                row["owner"],
                f"With {one.threshold} {one.instead} instead of {one.now}, members"
                f" ({one.instead_count:,} instead of {one.members_count:,}) would have differed"
                f" more from others in the {HORIZON} days since: phi {one.instead_phi:.3f} instead"
                f" of {one.phi:.3f}, a gain of {one.gain_low:.3f} to {one.gain_high:.3f}.",
                f"Try segment_thresholds: {{{row['name']}: {{{one.threshold}: {one.instead}}}}}.",
                {"now": one.now, "instead": one.instead, "gain_low": one.gain_low},
            )
