"""What is unusual in the last days' rows, next to the weeks before, as the marts tell it."""

from __future__ import annotations

from pathlib import Path

from penpal import settings
from penpal.checks.outcome import Outcome

RECENT_DAYS = 2  # before the newest day that is known


def days_outcomes(warehouse: Path) -> list[Outcome]:
    """A warning for each fault of marts.daily_faults of the last days; counts and names only."""
    with settings.connect(warehouse, read_only=True) as connection:
        found = connection.execute(
            f"""select source || '.' || source_table, fault, category, cast(day as varchar), detail
            from marts.daily_faults
            where day >= (select max(day) from marts.data_health) - {RECENT_DAYS}
            order by day desc, source, source_table, fault, category"""
        ).fetchall()
    return [
        Outcome(
            place, None, fault, "warning", "failed",
            f"{fault.replace('_', ' ')} on {day}: {category}, {detail}", kind=fault,
        )
        for place, fault, category, day, detail in found
    ]  # fmt: skip
