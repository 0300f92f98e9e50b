"""The table of a benchmark's results."""

from __future__ import annotations

from statistics import median
from typing import Any

SPLINK_PHASES = ("load", "training", "scoring", "clustering", "deterministic")


def summarise(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds; ratios (Penpal / Splink) are medians of each round's own ratio."""

    def middle(side: str, *path: str) -> float | None:
        values = []
        for found in rounds:
            value: Any = found.get(side)
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            values.append(value)
        return None if None in values else median(values)

    def ratio(of: Any, by: Any) -> float | None:
        pairs = [(of(r["penpal"]), by(r["splink"])) for r in rounds if "splink" in r]
        return median(a / b for a, b in pairs) if pairs and all(b for _, b in pairs) else None

    sides = {
        "penpal": ("deterministic", "profiles", "scoring", "clustering", "rest"),
        "splink": SPLINK_PHASES,
    }
    return {
        "seconds": {
            side: {phase: middle(side, "seconds", phase) for phase in phases}
            for side, phases in sides.items()
        },
        "identity_layer_seconds": middle("penpal", "total"),
        "identity_layer_wall_seconds": middle("penpal", "wall"),
        "peak_bytes": {side: middle(side, "peak_bytes") for side in sides},
        "scoring_and_clustering_ratio": ratio(_matching, _matching),
        "deterministic_ratio": ratio(
            lambda side: side["seconds"]["deterministic"],
            lambda side: side["seconds"]["deterministic"],
        ),
    }


def _matching(side: dict[str, Any]) -> float:
    """Seconds of scoring and clustering, and of preparing the comparison columns for it."""
    seconds = side["seconds"]
    return seconds["scoring"] + seconds["clustering"] + seconds.get("profiles", 0.0)


def lines(result: dict[str, Any]) -> list[str]:
    """The table, a line each."""
    data, summary = result["data"], result["summary"]
    last = result["rounds"][-1]
    penpal, splink = last["penpal"], last.get("splink")
    seconds = summary["seconds"]
    out = [
        f"{data['records']:,} contacts of {data['people']:,} people (errors: {data['errors']}), "
        f"{penpal['accuracy']['true_pairs']:,} true pairs; {result['machine']['cores']} cores, "
        f"{len(result['rounds'])} round(s)",
        "",
        f"{'':34}{'Splink':>14}{'Penpal':>14}{'ratio':>10}",
    ]

    def row(name: str, left: Any, right: Any, ratio: Any = None) -> None:
        cells = [
            "-" if v is None else v if isinstance(v, str) else f"{v:,.4f}" for v in (left, right)
        ]
        out.append(
            f"{name:34}{cells[0]:>14}{cells[1]:>14}{'' if ratio is None else f'{ratio:.2f}':>10}"
        )

    for key, name in (("f1", "F1"), ("precision", "  precision"), ("recall", "  recall")):
        row(name, splink and splink["best"][key], penpal["accuracy"][key])
    own = last.get("splink_own_rules")
    row("F1, Splink at probability 0.95", splink and splink["stated"]["f1"], None)
    row("F1, Splink's own blocking rules", own and own["best"]["f1"], None)
    row(
        "F1, deterministic links alone",
        splink and splink["deterministic"]["f1"],
        penpal["deterministic"]["f1"],
    )
    row("pairs kept", *(_count(side and side.get("pairs")) for side in (splink, penpal)))
    out.append("seconds")
    row("  training", _time(seconds["splink"]["training"]), None)
    row("  comparison columns", None, _time(seconds["penpal"]["profiles"]))
    for phase in ("scoring", "clustering"):
        row(f"  {phase}", *(_time(seconds[side][phase]) for side in ("splink", "penpal")))
    row("  these three, without training", *_both(seconds), summary["scoring_and_clustering_ratio"])
    row(
        "  deterministic links",
        _time(seconds["splink"]["deterministic"]),
        _time(seconds["penpal"]["deterministic"]),
        summary["deterministic_ratio"],
    )
    row("  rest of the identity layer", None, _time(seconds["penpal"]["rest"]))
    row("  the whole identity layer", None, _time(summary["identity_layer_seconds"]))
    row("peak memory", *(_memory(summary["peak_bytes"][side]) for side in ("splink", "penpal")))
    if splink:
        out.append(
            f"Splink {result['versions']['splink']}: its best threshold, weight "
            f"{splink['best']['match_weight']}; names compared {splink['names']}."
        )
    return out


def increment_line(found: dict[str, Any]) -> str:
    """The increment in one line."""
    same = "the same" if found["same_partition"] else "NOT the same"
    return (
        f"The last {found['share']:.0%} added: identity layer {found['seconds']:.1f} s, "
        f"{found['ratio']:.3f} of all at once ({found['full_seconds']:.1f} s); "
        f"staging {found['staging_seconds']:.1f} s; {same} partition."
    )


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.2f}"


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _memory(value: float | None) -> str | None:
    return None if value is None else f"{value / 2**30:.2f} GiB"


def _both(seconds: dict[str, dict[str, float | None]]) -> list[str | None]:
    sums = []
    for side in ("splink", "penpal"):
        parts = [seconds[side].get(phase) for phase in ("profiles", "scoring", "clustering")]
        known = [part for part in parts if part is not None]
        sums.append(_time(sum(known)) if known else None)
    return sums
