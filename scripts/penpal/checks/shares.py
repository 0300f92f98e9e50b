"""How much of a table may be bad, and how much more than in the last good run."""

from __future__ import annotations

REJECTED = 0.10  # share of the rows seen that staging may reject (error)


def is_too_many(bad: float, every: float, allowed: float) -> bool:
    """Whether so many are bad as to speak of the table: one or two people's rows are their own.

    It takes two bad rows, and five unless they are most of the table.
    """
    return bad > allowed * every and bad >= 2 and (bad >= 5 or 2 * bad > every)
