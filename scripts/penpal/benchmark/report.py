"""The table of a benchmark's results."""

from __future__ import annotations

from statistics import median
from typing import Any

from penpal.benchmark.penpal_side import GROUPS

SPLINK_PHASES = ("load", "training", "scoring", "clustering", "deterministic")
# What both do, and that with what Penpal does before while Splink is given it or trains.
ALIKE = ("scoring", "clustering")
MATCHING = ("profiles", "priors", *ALIKE)
TRAINING = {"splink": "training", "penpal": "priors"}


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

    def ratio(phases: tuple[str, ...], splink_phases: tuple[str, ...]) -> float | None:
        pairs = [
            (_sum(r["penpal"]["seconds"], phases), _sum(r["splink"]["seconds"], splink_phases))
            for r in rounds
            if "splink" in r
        ]
        return median(a / b for a, b in pairs) if pairs and all(b for _, b in pairs) else None

    sides = {"penpal": GROUPS, "splink": SPLINK_PHASES}
    return {
        "seconds": {
            side: {phase: middle(side, "seconds", phase) for phase in phases}
            for side, phases in sides.items()
        },
        "identity_layer_seconds": middle("penpal", "total"),
        "identity_layer_wall_seconds": middle("penpal", "wall"),
        "peak_bytes": {side: middle(side, "peak_bytes") for side in sides},
        "scoring_and_clustering_ratio": ratio(ALIKE, ALIKE),
        "matching_ratio": ratio(MATCHING, ALIKE),
        "deterministic_ratio": ratio(("deterministic",), ("deterministic",)),
    }


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
    estimated = result["estimated"]
    row("F1, estimated weights", None, estimated and estimated["accuracy"]["f1"])
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
    row("  reading", None, _time(seconds["penpal"]["reading"]))
    row("  training, priors", *(_time(seconds[s][p]) for s, p in TRAINING.items()))
    row("  comparison columns", None, _time(seconds["penpal"]["profiles"]))
    for phase, name in zip(ALIKE, ("scoring (Penpal's with blocking)", "clustering"), strict=True):
        row(f"  {name}", *(_time(seconds[side][phase]) for side in ("splink", "penpal")))
    given = _time(_sum(seconds["splink"], ALIKE))
    row(
        "  scoring and clustering",
        given,
        _time(_sum(seconds["penpal"], ALIKE)),
        summary["scoring_and_clustering_ratio"],
    )
    row(
        "  all of it, without training",
        given,
        _time(_sum(seconds["penpal"], MATCHING)),
        summary["matching_ratio"],
    )
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


def night_line(found: dict[str, Any]) -> str:
    """A night in one line."""
    same = "the same" if found["same_result"] else "NOT the same"
    return (
        f"A night that finds the last {found['share']:.0%}: identity layer {found['seconds']:.1f} "
        f"s, {found['ratio']:.3f} of all anew ({found['full_seconds']:.1f} s), "
        f"{found['pairs_compared_anew']:,} of {found['pairs']:,} pairs compared anew; "
        f"staging {found['staging_seconds']:.1f} s; {same} partition and edges."
    )


def all_sources_line(found: dict[str, Any]) -> str:
    """The shop of all sources in one line."""
    return (
        f"{found['people']:,} people of all sources ({found['records']:,} records, "
        f"{_memory(found['peak_bytes'])}). {night_line(found)}"
    )


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.2f}"


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _memory(value: float | None) -> str | None:
    return None if value is None else f"{value / 2**30:.2f} GiB"


def _sum(seconds: dict[str, float | None], phases: tuple[str, ...]) -> float | None:
    """None where a phase was not measured."""
    times = [seconds[phase] for phase in phases]
    return None if None in times else sum(times)
