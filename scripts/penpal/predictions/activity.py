"""What customers did, by day: visits, orders, letters that reached them, opens, clicks.

As in history.py the moment is a number of days before the clock, here one of each case, so that
past features and today's are made by one code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penpal.predictions.history import Numbers

KINDS = ("visit", "order", "letter", "open", "click")
# Days; what is longer ago, or never was, is as long ago as this.
NEVER = 730
# More days than any shop has been there.
SPAN = 1_000_000

EMPTY = pa.table(
    [pa.array([], kind) for kind in (pa.string(), pa.string(), pa.int32(), pa.int64())],
    names=["customer_id", "activity", "days_ago", "times"],
)


@dataclass(frozen=True)
class Track:
    """The days with one kind of activity, by customer, the newest first."""

    keys: Numbers  # customer * SPAN + days_ago, rising
    sums: Numbers  # how often, summed over all days before this one; a last one of all

    def since(self, customer: Numbers, moment: Numbers) -> Numbers:
        """Days from each customer's last such day to the end of the moment's."""
        if not len(self.keys):
            return np.full(len(customer), NEVER)
        at = np.searchsorted(self.keys, customer * SPAN + moment)
        found = self.keys[np.minimum(at, len(self.keys) - 1)]
        is_theirs = (at < len(self.keys)) & (found // SPAN == customer)
        return np.where(is_theirs, np.minimum(found % SPAN - moment, NEVER), NEVER)

    def within(self, customer: Numbers, moment: Numbers, length: int) -> Numbers:
        """How often in the `length` days that ended with the moment's."""
        first, end = (
            np.searchsorted(self.keys, customer * SPAN + moment + days) for days in (0, length)
        )
        return self.sums[end] - self.sums[first]


@dataclass(frozen=True)
class Activity:
    """A track by kind; customers are numbered by their place in a list of ids."""

    tracks: dict[str, Track]

    @classmethod
    def of(cls, table: pa.Table, ids: pa.Array) -> Activity:
        """From rows of profile.customer_activity_days in any order; of the customers in `ids`."""
        customer = pc.index_in(table["customer_id"], value_set=ids)
        place = pc.fill_null(customer, -1).to_numpy().astype(np.int64)
        days, times = table["days_ago"].to_numpy(), table["times"].to_numpy()
        kinds = pc.index_in(table["activity"], value_set=pa.array(KINDS)).to_numpy()
        return cls(
            {
                kind: _track(*(column[(kinds == at) & (place >= 0)] for column in rows))
                for at, kind in enumerate(KINDS)
                for rows in [(place, days, times)]
            }
        )

    def since(self, kind: str, customer: Numbers, moment: Numbers) -> Numbers:
        return self.tracks[kind].since(customer, moment)

    def within(self, kind: str, customer: Numbers, moment: Numbers, length: int) -> Numbers:
        return self.tracks[kind].within(customer, moment, length)


def _track(customer: Numbers, days_ago: Numbers, times: Numbers) -> Track:
    keys = customer * SPAN + days_ago
    order = np.argsort(keys, kind="stable")
    return Track(keys[order], np.concatenate([[0], np.cumsum(times[order])]))
