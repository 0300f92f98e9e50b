"""The rules of campaigns, judged before anything is built.

Each problem is a sentence with the file, the row, the wrong word and the valid ones.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import isclose
from pathlib import Path

from penpal.project_vars import var
from penpal.settings import EMAILS, ROOT, UserError

RULES = ROOT / "seeds" / "rules"
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
NAME = re.compile(r"[a-z][a-z0-9_]*")
EXITS = ("bought", "clicked", "left")
WORDS = {
    "kind": ("marketing", "transactional"),
    "purchases": ("ends", "starts", "none"),
    "send_time": ("fixed", "best_hour"),
    "product_block": ("", "cart", "viewed", "product", "order", "recommendations"),
    "is_active": ("true", "false"),
    "one_per_household": ("true", "false"),
}
NUMBERS = ("priority", "wait_minutes", "expires_after_hours", "cooldown_days")
WINDOWS = (("quiet_from", "quiet_to"), ("send_from", "send_to"))
CAMPAIGN_COLUMNS = (
    *("campaign", "trigger", "template", *WORDS, *NUMBERS, "active_from", "active_until"),
    *("quiet_from", "quiet_to", "send_from", "send_to", "holdout_share", "experiment", "offer"),
    *("locale", "daily_volume", "follows", "exit_on", "owner", "description"),
)
VARIANT_COLUMNS = ("experiment", "variant", "factors", "weight", "template", "description")


@dataclass(frozen=True)
class Row:
    """A row of a file of rules: `problem` says where it stands."""

    place: str
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def problem(self, says: str) -> str:
        return f"{self.place}: {says}"


@dataclass(frozen=True)
class Known:
    """What rules may name."""

    triggers: frozenset[str]
    segments: frozenset[str]
    templates: frozenset[str]
    offers: frozenset[str] | None  # None where there is no file of offers


def known() -> Known:
    """What the project has: models of triggers, segments, letters, offers."""
    triggers = {
        path.stem.removeprefix("trigger_")
        for path in (ROOT / "models" / "marts" / "campaigns" / "triggers").rglob("trigger_*.sql")
    }
    offers = RULES / "offers.csv"
    return Known(
        triggers=frozenset(triggers - {"occasions"}),
        segments=frozenset(var({}, "segments")),
        templates=frozenset(path.name.partition(".")[0] for path in EMAILS.glob("*.mjml*")),
        offers=frozenset(row["offer"] for row in read(offers, ("offer",)))
        if offers.exists()
        else None,
    )


def read(path: Path, columns: Iterable[str]) -> list[Row]:
    """The rows of a file; a missing file, a missing column or a ragged row is a UserError."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
            found = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{shown} cannot be read: {error}.") from error
    if lacking := [name for name in columns if name not in found]:
        raise UserError(f"{shown} has no column {', '.join(lacking)}: add it to its first line.")
    told = []
    for number, values in enumerate(rows, start=2):
        name = next(iter(values.values())) or "no name"
        if None in values or None in values.values():
            raise UserError(
                f"{shown}, line {number} ({name}): has {'more' if None in values else 'fewer'}"
                f" values than the first line has columns ({len(found)})."
            )
        stripped = {column: value.strip() for column, value in values.items()}
        told.append(Row(f"{shown}, line {number} ({name})", stripped))
    return told


def one_of(row: Row, column: str, valid: Iterable[str]) -> Iterator[str]:
    """A problem where the word is none of the valid ones."""
    names = sorted(set(valid))
    if row[column] not in names:
        shown = ", ".join(name or "nothing" for name in names) or "none is there"
        yield row.problem(f"{column} is '{row[column]}'; valid: {shown}.")


def number(
    row: Row, column: str, cast: Callable[[str], float], wanted: str, valid: Callable[[float], bool]
) -> Iterator[str]:
    """A problem where the value is no such number."""
    try:
        is_valid = valid(cast(row[column]))
    except ValueError:
        is_valid = False
    if not is_valid:
        yield row.problem(f"{column} is '{row[column]}'; valid: {wanted}.")


def share(row: Row, column: str) -> Iterator[str]:
    yield from number(
        row, column, float, "a share from 0 to below 1, such as 0.1", lambda n: 0 <= n < 1
    )


def repeated(rows: list[Row], key: Callable[[Row], tuple[str, ...]], what: str) -> Iterator[str]:
    counts: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counts[key(row)] += 1
        if counts[key(row)] == 2:
            yield row.problem(f"{what} '{' '.join(key(row))}' is there twice; a name is used once.")


def names(row: Row, column: str) -> Iterator[str]:
    if not NAME.fullmatch(row[column]):
        wanted = "lower-case letters, digits and _, a letter first"
        yield row.problem(f"{column} is '{row[column]}'; valid: {wanted}.")


def days(row: Row) -> tuple[date, date] | None:
    """The days on which a campaign is active; None where they cannot be read."""
    try:
        first = date.fromisoformat(row["active_from"]) if row["active_from"] else date.min
        last = date.fromisoformat(row["active_until"]) if row["active_until"] else date.max
    except ValueError:
        return None
    return first, last


def times(row: Row) -> Iterator[str]:
    """Dates and hours: readable, in pairs, and with a time left at which a letter may go."""
    for column in ("active_from", "active_until"):
        try:
            date.fromisoformat(row[column] or "2026-01-01")
        except ValueError:
            yield row.problem(f"{column} is '{row[column]}'; valid: a day such as 2026-06-15.")
    if (span := days(row)) and span[0] > span[1]:
        yield row.problem(
            f"active_until {row['active_until']} is before active_from {row['active_from']}."
        )
    readable = True
    for start, end in WINDOWS:
        for column in (start, end):
            if row[column] and not TIME.fullmatch(row[column]):
                readable = False
                yield row.problem(f"{column} is '{row[column]}'; valid: HH:MM, 00:00 to 23:59.")
        if bool(row[start]) != bool(row[end]):
            yield row.problem(f"{start} and {end} go together: give both, or none.")
        elif row[start] and row[start] == row[end]:
            yield row.problem(f"{start} and {end} are both {row[start]}: give two times, or none.")
    if readable and not any(may_send(row, minute) for minute in range(24 * 60)):
        yield row.problem("its send window lies within its quiet hours: no letter would ever go.")


def may_send(row: Row, minute: int) -> bool:
    now = f"{minute // 60:02}:{minute % 60:02}"
    inside = []
    for start, end in WINDOWS:
        first, last = row[start], row[end]
        if not first or not last or first == last:
            inside.append(None)
        else:
            inside.append(first <= now < last if first < last else now >= first or now < last)
    quiet, window = inside
    return not quiet and window is not False


def campaign(row: Row, has: Known) -> Iterator[str]:
    """What a row of campaigns.csv says by itself."""
    yield from names(row, "campaign")
    yield from one_of(row, "trigger", has.triggers | has.segments)
    yield from one_of(row, "template", has.templates)
    for column, valid in WORDS.items():
        yield from one_of(row, column, valid)
    wrong = [p for column in NUMBERS for p in number(row, column, int, "a whole number from 0", _0)]
    yield from wrong
    if not wrong and int(row["wait_minutes"]) >= 60 * int(row["expires_after_hours"]):
        yield row.problem(
            f"wait_minutes {row['wait_minutes']} is not shorter than expires_after_hours"
            f" {row['expires_after_hours']} ({60 * int(row['expires_after_hours'])} minutes):"
            " each letter would expire before it is due."
        )
    yield from share(row, "holdout_share")
    if row["kind"] == "transactional" and row["holdout_share"] not in ("", "0", "0.0"):
        yield row.problem("holdout_share is given, but nobody is held out of a transactional one.")
    if row["daily_volume"]:
        yield from number(row, "daily_volume", int, "a whole number from 0, or nothing", _0)
    yield from times(row)
    if row["locale"] and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", row["locale"]):
        yield row.problem(f"locale is '{row['locale']}'; valid: a language such as en or pt-BR.")
    if row["offer"] and has.offers is not None:
        yield from one_of(row, "offer", has.offers)


def _0(value: float) -> bool:
    return value >= 0


def sequences(rows: list[Row]) -> Iterator[str]:
    """A step follows a campaign of the same trigger, and not itself over others."""
    by_name = {row["campaign"]: row for row in rows}
    for row in rows:
        before = by_name.get(row["follows"])
        if row["follows"] and (before is None or before is row):
            yield from one_of(row, "follows", set(by_name) - {row["campaign"]})
        elif before and before["trigger"] != row["trigger"]:
            yield row.problem(
                f"follows {row['follows']}, whose trigger is '{before['trigger']}', not"
                f" '{row['trigger']}': the steps of a sequence have one trigger."
            )
        elif before:
            seen, step = {row["campaign"]}, before
            while step["follows"] in by_name and step["campaign"] not in seen:
                seen.add(step["campaign"])
                step = by_name[step["follows"]]
            if step["campaign"] in seen:
                yield row.problem(f"follows {row['follows']}, which in the end follows it.")
        for word in filter(None, (word.strip() for word in row["exit_on"].split(";"))):
            if word not in EXITS:
                yield row.problem(f"exit_on has '{word}'; valid: {', '.join(EXITS)}.")
        if row["exit_on"] and not row["follows"]:
            yield row.problem("exit_on is given, but follows is not: only a later step has exits.")


def factors_of(row: Row) -> dict[str, str] | None:
    """`subject=short;offer=none` as a mapping; None where it cannot be read."""
    parts = [part.strip() for part in row["factors"].split(";") if part.strip()]
    pairs = [part.split("=") for part in parts]
    if any(
        len(pair) != 2 or not all(NAME.fullmatch(word.strip()) for word in pair) for pair in pairs
    ):
        return None
    return {factor.strip(): level.strip() for factor, level in pairs}


def variants(rows: list[Row], has: Known) -> Iterator[str]:
    """Weights that make 1, and factors that each variant has a level of."""
    experiments: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        experiments[row["experiment"]].append(row)
        yield from names(row, "experiment")
        yield from names(row, "variant")
        if row["variant"] == "holdout":
            yield row.problem(
                "variant is 'holdout', which is the name of the group without letters."
            )
        yield from number(row, "weight", float, "a share from 0 to 1", lambda n: 0 <= n <= 1)
        if row["template"]:
            yield from one_of(row, "template", has.templates)
        if factors_of(row) is None:
            yield row.problem(
                f"factors is '{row['factors']}'; valid: factor=level, separated by ';'."
            )
    yield from repeated(rows, lambda row: (row["experiment"], row["variant"]), "variant")
    for of_one in experiments.values():
        yield from weights(of_one)
        yield from levels(of_one)


def weights(rows: list[Row]) -> Iterator[str]:
    try:
        total = sum(float(row["weight"]) for row in rows)
    except ValueError:
        return
    if not isclose(total, 1, abs_tol=1e-6):
        each = " + ".join(row["weight"] for row in rows)
        yield rows[-1].problem(
            f"the weights of experiment '{rows[0]['experiment']}' make {total:g} ({each});"
            " together they make 1."
        )


def levels(rows: list[Row]) -> Iterator[str]:
    first, seen = factors_of(rows[0]), []
    for row in rows:
        found = factors_of(row)
        if first is None or found is None:
            continue
        if set(found) != set(first):
            yield row.problem(
                f"has the factors {', '.join(sorted(found)) or 'none'}; the experiment's first"
                f" variant has {', '.join(sorted(first)) or 'none'}."
            )
        elif found and found in seen:
            yield row.problem(f"has the levels '{row['factors']}', as another variant has.")
        seen.append(found)


def experiments(campaigns: list[Row], of_variants: list[Row]) -> Iterator[str]:
    """An experiment is there, and about one campaign at a time."""
    there = {row["experiment"] for row in of_variants}
    for row in campaigns:
        if row["experiment"]:
            yield from one_of(row, "experiment", there)
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in campaigns:
        if row["experiment"] and days(row):
            by_name[row["experiment"]].append(row)
    for name, rows in by_name.items():
        for place, row in enumerate(rows):
            for other in rows[:place]:
                (first, last), (start, end) = days(row), days(other)
                if first <= end and start <= last:
                    yield row.problem(
                        f"experiment '{name}' overlaps with that of campaign {other['campaign']}:"
                        " an experiment is about one campaign at a time; give each its own, or"
                        " days (active_from, active_until) that do not overlap."
                    )


def summary(folder: Path = RULES) -> str:
    campaigns = read(folder / "campaigns.csv", CAMPAIGN_COLUMNS)
    experiments = {row["experiment"] for row in campaigns if row["experiment"]}
    return f"{len(campaigns)} campaigns, {len(experiments)} experiments"


def judge(folder: Path = RULES, has: Known | None = None) -> list[str]:
    """All problems of the rules in a folder, in the order of their files; [] for good ones."""
    has = has or known()
    campaigns = read(folder / "campaigns.csv", CAMPAIGN_COLUMNS)
    of_variants = read(folder / "campaign_variants.csv", VARIANT_COLUMNS)
    problems = [problem for row in campaigns for problem in campaign(row, has)]
    problems += repeated(campaigns, lambda row: (row["campaign"],), "campaign")
    problems += sequences(campaigns)
    problems += experiments(campaigns, of_variants)
    problems += variants(of_variants, has)
    return problems
