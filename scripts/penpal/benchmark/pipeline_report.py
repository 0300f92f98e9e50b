"""The table of the pipeline's benchmark, with the ratios that the design promises."""

from __future__ import annotations

from typing import Any

# What section 9 of the design asks for, and of how many people.
BUILD_RATIO, CYCLE_RATIO, LETTERS_A_SECOND = 12.0, 0.1, 5_000
MOST_MEMORY, FILE_RATIO = 12 * 2**30, 3.0
GIB, MIB = 2**30, 2**20
STEPS = {
    "copy": "DuckDB's plain copy of the Parquet",
    "full": "full build, without tests",
    "cycle": "run of triggers, 15 minutes later",
    "night": "full build of the next night, 1 % new",
    "letters": "rendering",
    "publish": "publishing",
}


def ratios(found: dict[str, Any]) -> dict[str, float | None]:
    """Of processor seconds unless said otherwise; None where a part was not measured."""
    full, plain = found["full"], found["copy"]
    steps = (found[name] for name in STEPS if found[name])
    rendered = found["letters"]
    return {
        "full_to_copy": full["cpu_seconds"] / plain["cpu_seconds"],
        "night_to_full": found["night"]["cpu_seconds"] / full["cpu_seconds"],
        "cycle_to_full": found["cycle"] and found["cycle"]["cpu_seconds"] / full["cpu_seconds"],
        "letters_a_cpu_second": rendered["letters"] / rendered["cpu_seconds"],
        "peak_bytes": max(step["peak_bytes"] for step in steps),
        "file_to_copy": full["warehouse_bytes"] / plain["bytes"],
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The report, a line each."""
    rows, where = found["rows"], found["machine"]
    parquet = f"{found['parquet_bytes'] / MIB:,.1f} MB of Parquet"
    out = [
        f"{found['people']:,} people, {rows['before']:,} rows, then {rows['quarter']:,} of a"
        f" quarter of an hour, then {rows['rest']:,}; {parquet}.",
        f"{where['cores']} cores, load {where['load']} at the start, DuckDB {where['duckdb']},"
        f" Python {where['python']}.",
        "",
        f"{'':40}{'processor s':>12}{'wall s':>9}{'memory':>11}{'file':>11}",
    ]
    for name, title in STEPS.items():
        out.append(_step(title, found[name]))
    return [*out, "", *_promises(found), "", *_slowest(found)]


def _step(title: str, step: dict[str, Any] | None) -> str:
    if step is None:
        return f"{title:40}{'not there':>12}"
    size = step.get("warehouse_bytes", step.get("bytes"))
    file = f"{size / MIB:,.0f} MB" if size else ""
    memory = f"{step['peak_bytes'] / MIB:,.0f} MB"
    return f"{title:40}{step['cpu_seconds']:>12,.1f}{step['seconds']:>9,.1f}{memory:>11}{file:>11}"


def _promises(found: dict[str, Any]) -> list[str]:
    measured = ratios(found)
    letters = found["letters"]["letters"]
    asked = (
        ("full build to plain copy", "full_to_copy", f"at most {BUILD_RATIO:.0f}"),
        ("run of triggers to full build", "cycle_to_full", f"at most {CYCLE_RATIO}"),
        ("next night to full build", "night_to_full", ""),
        ("warehouse to plain copy, bytes", "file_to_copy", f"at most {FILE_RATIO:.0f}"),
        (f"letters a processor second ({letters:,})", "letters_a_cpu_second", "5,000"),
        ("memory of a process, GiB", "peak_bytes", f"at most {MOST_MEMORY // GIB}"),
    )
    out = [f"{'':40}{'measured':>12}  asked for (at 1,000,000 people)"]
    for title, name, promise in asked:
        value = measured[name]
        if value is not None and name == "peak_bytes":
            value /= GIB
        shown = "not there" if value is None else f"{value:,.2f}"
        out.append(f"{title:40}{shown:>12}  {promise}".rstrip())
    return out


def _slowest(found: dict[str, Any]) -> list[str]:
    full, night = found["full"], found["night"]
    out = [f"{'slowest models, s':40}{'full':>12}{'night':>9}"]
    for name, seconds in full["slowest"].items():
        then = night["slowest"].get(name)
        out.append(f"{name:40}{seconds:>12,.2f}" + (f"{then:>9,.2f}" if then else ""))
    return [
        *out,
        f"{'all ' + str(full['models']) + ' models':40}{full['model_seconds']:>12,.1f}"
        f"{night['model_seconds']:>9,.1f}",
    ]
