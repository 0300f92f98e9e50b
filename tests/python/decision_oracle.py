"""The rules of docs/reasons.md told once more, in Python, over a history of a few customers.

A record is what is known of one person at first; merges and splits put records together and apart.
A customer is a group of records and has the id of its oldest record. Times are UTC, without a zone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

CAPS = {"per_day": 1, "per_week": 2, "fatigued_per_week": 1}
IN_A_ROW = {"letters": 2, "days": 3}
BREAKER = {"days": 2, "letters": 3, "bounces": 0.3, "complaints": 0.4}
SOFT_LIMIT, CLICKS_LIMIT, GLOBAL_HOLDOUT, SALT = 2, 2, 0.15, "test"
EVER = datetime(1900, 1, 1)
VARS = {
    "letter_caps": CAPS,
    "same_letters_in_a_row": IN_A_ROW,
    "circuit_breaker": BREAKER,
    "soft_bounces_limit": SOFT_LIMIT,
    "best_hour_clicks": CLICKS_LIMIT,
    "global_holdout_share": GLOBAL_HOLDOUT,
    "draw_salt": SALT,
}


@dataclass(frozen=True)
class Record:
    mailboxes: tuple[str, ...]
    zone: str
    household: str | None
    is_fatigued: bool


@dataclass(frozen=True)
class Occasion:
    trigger: str
    record: int
    name: str
    qualified_at: datetime
    known_at: datetime
    over_at: datetime | None
    is_thing: bool


@dataclass(frozen=True)
class Said:
    """A statement about marketing; `event` is that of a letter that made it."""

    mailbox: str
    status: str
    event: str | None
    at: datetime
    known_at: datetime


@dataclass(frozen=True)
class MailEvent:
    mailbox: str
    kind: str  # delivered | bounced | clicked | complained
    at: datetime
    message_id: str | None = None


@dataclass(frozen=True)
class Move:
    at: datetime
    joins: bool
    first: int
    second: int


@dataclass(frozen=True)
class Letter:
    message_id: str
    customer: str | None
    mailbox: str
    campaign: str
    occasion: str | None
    sent_at: datetime


@dataclass(frozen=True)
class Candidate:
    campaign: str
    customer: str
    occasion: Occasion

    @property
    def key(self) -> tuple[str, str, str]:
        return self.campaign, self.customer, self.occasion.name

    @property
    def message_id(self) -> str:
        digest = hashlib.md5("|".join(self.key).encode()).hexdigest()
        parts = (digest[:8], digest[8:12], "8" + digest[13:16], "a" + digest[17:20], digest[20:])
        return "-".join(parts)


@dataclass
class History:
    records: list[Record]
    campaigns: dict[str, dict]
    variants: dict[str, list[tuple[str, float]]]
    occasions: list[Occasion]
    said: list[Said]
    events: list[MailEvent]
    moves: list[Move]
    purchases: list[tuple[int, datetime]]
    foreign: list[Letter]
    feedback: list[str | None]
    letters: list[Letter] = field(default_factory=list)
    draws: dict[tuple[str, str, str], tuple[str, datetime]] = field(default_factory=dict)
    world: str = ""  # set before the names of histories that are played side by side

    def customer_id(self, record: int) -> str:
        return f"{self.world}c{record}"


def local(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def draw(*names: str) -> float:
    number = int(hashlib.md5("|".join((SALT, *names)).encode()).hexdigest()[:15], 16)
    return number % 1_000_000_000 / 1_000_000_000


class Night:
    """What the rules say at one clock."""

    def __init__(self, history: History, clock: datetime):
        self.history, self.clock = history, clock
        self.groups = groups_at(history, clock)
        self.letters = [letter for letter in history.letters if letter.sent_at < clock]
        self.letters += [letter for letter in history.foreign if letter.sent_at <= clock]
        self.events = [event for event in history.events if event.at <= clock]
        self.said = [said for said in history.said if said.known_at <= clock]

    # Who is who

    def customer(self, name: str | None) -> str | None:
        """The customer of today who has the id."""
        return None if name is None else self.groups[number_of(name)]

    def members(self, customer: str) -> list[int]:
        return [number for number, group in enumerate(self.groups) if group == customer]

    def mailboxes(self, customer: str) -> set[str]:
        records = self.history.records
        return {box for number in self.members(customer) for box in records[number].mailboxes}

    def face(self, customer: str) -> Record:
        return self.history.records[number_of(customer)]

    def owner(self, mailbox: str) -> str | None:
        """The one customer who holds a mailbox."""
        holders = {group for group in self.groups if mailbox in self.mailboxes(group)}
        return holders.pop() if len(holders) == 1 else None

    def addressee(self, letter: Letter) -> str | None:
        if letter.customer is None:
            return self.owner(letter.mailbox)
        return self.customer(letter.customer)

    def theirs(self, customer: str) -> list[Letter]:
        found = []
        for letter in self.letters:
            to = self.addressee(letter)
            has_moved = to is None or letter.mailbox not in self.mailboxes(to)
            if to == customer or (has_moved and letter.mailbox in self.mailboxes(customer)):
                found.append(letter)
        return found

    def is_marketing(self, campaign: str) -> bool:
        return self.history.campaigns.get(campaign, {}).get("kind", "marketing") == "marketing"

    def advertising(self, customer: str) -> list[Letter]:
        """Newest first."""
        letters = [letter for letter in self.theirs(customer) if self.is_marketing(letter.campaign)]
        return sorted(letters, key=lambda letter: (letter.sent_at, letter.message_id), reverse=True)

    # What could be written

    def candidates(self) -> list[Candidate]:
        found: dict[tuple[str, str, str], Candidate] = {}
        for name, rule in self.history.campaigns.items():
            for occasion in self.history.occasions:
                life = timedelta(hours=rule["expires_after_hours"])
                is_known = occasion.known_at <= self.clock and occasion.qualified_at <= self.clock
                if (
                    occasion.trigger == rule["trigger"]
                    and is_known
                    and occasion.qualified_at + 2 * life > self.clock
                ):
                    candidate = Candidate(name, self.groups[occasion.record], occasion)
                    other = found.get(candidate.key)
                    if other is None or first(occasion) < first(other.occasion):
                        found[candidate.key] = candidate
        return list(found.values())

    def mailbox(self, candidate: Candidate) -> str | None:
        boxes = self.history.records[candidate.occasion.record].mailboxes
        return boxes[0] if boxes else None

    # The rules

    def decide(self) -> dict[str, tuple[str, str]]:
        """message_id -> (decision, reason)."""
        found, free = {}, []
        for candidate in self.candidates():
            reason = next(self.objections(candidate), None)
            if reason:
                found[candidate.message_id] = reason
            elif self.is_marketing(candidate.campaign):
                free.append(candidate)
            else:
                found[candidate.message_id] = "due"
        found |= self.rank(free)
        holds = {"circuit_breaker", "previous_step", "waiting", "quiet_hours"}
        kinds = dict.fromkeys(holds, "hold") | {"due": "send"}
        return {name: (kinds.get(reason, "skip"), reason) for name, reason in found.items()}

    def objections(self, candidate: Candidate) -> Iterator[str]:
        """Every reason that applies, in order."""
        rule, occasion = self.history.campaigns[candidate.campaign], candidate.occasion
        customer, mailbox = candidate.customer, self.mailbox(candidate)
        is_marketing = rule["kind"] == "marketing"
        checks = {
            "already_sent": lambda: self.is_served(candidate),
            "expired": lambda: (
                occasion.qualified_at + timedelta(hours=rule["expires_after_hours"]) <= self.clock
            ),
            "invalid_address": lambda: not self.mailboxes(customer),
            "address_not_tied": lambda: mailbox is None,
            "suppressed": lambda: self.is_suppressed(mailbox),
            "no_consent": lambda: is_marketing and not self.has_consent(mailbox, customer),
            "already_purchased": lambda: (
                occasion.over_at is not None and occasion.over_at <= self.clock
            ),
            "not_active": lambda: not self.is_active(rule),
            "circuit_breaker": lambda: is_marketing and self.is_stopped(candidate.campaign),
            "sequence_exited": lambda: self.has_exited(candidate),
            "previous_step": lambda: bool(rule["follows"]) and not self.steps(candidate),
            "holdout": lambda: is_marketing and self.is_held_out(candidate),
            "cooldown": lambda: self.is_cooling(candidate, rule),
            "waiting": lambda: self.send_after(candidate) > self.clock,
            "quiet_hours": lambda: is_quiet(self.clock, self.face(customer).zone, rule),
            "frequency_cap": lambda: is_marketing and self.is_capped(customer),
            "diversity": lambda: is_marketing and self.is_repeated(candidate, rule),
        }
        return (reason for reason, applies in checks.items() if applies())

    def is_served(self, candidate: Candidate) -> bool:
        boxes, mailbox = self.mailboxes(candidate.customer), self.mailbox(candidate)
        about = [
            letter
            for letter in self.letters
            if letter.campaign == candidate.campaign and letter.occasion == candidate.occasion.name
        ]
        return (
            any(letter.message_id == candidate.message_id for letter in self.letters)
            or any(letter in about for letter in self.theirs(candidate.customer))
            or (candidate.occasion.is_thing and any(letter.mailbox in boxes for letter in about))
            or any(
                self.is_marketing(candidate.campaign)
                and letter.campaign == candidate.campaign
                and letter.mailbox == mailbox
                and letter.sent_at >= candidate.occasion.qualified_at
                for letter in self.letters
            )
        )

    def statements(self, mailbox: str, *status: str) -> list[datetime]:
        """A grant of the future does not hold yet; what ends one is known at once."""
        return [
            said.at
            for said in self.said
            if said.mailbox == mailbox
            and said.status in status
            and (said.status != "granted" or said.at <= self.clock)
        ]

    def has_consent(self, mailbox: str, customer: str) -> bool:
        granted = max(self.statements(mailbox, "granted"), default=EVER)
        ended = max(self.statements(mailbox, "withdrawn", "pending"), default=EVER)
        refused = [self.refused_at(box) for box in self.mailboxes(customer)]
        return granted > ended and all(at is None or at < granted for at in refused)

    def refused_at(self, mailbox: str) -> datetime | None:
        if self.has_said(mailbox, "complained"):
            return datetime.max
        granted = max(self.statements(mailbox, "granted"), default=EVER)
        withdrawn = max(self.statements(mailbox, "withdrawn"), default=None)
        pending = max(self.statements(mailbox, "pending"), default=EVER)
        is_last = withdrawn is not None and withdrawn >= max(granted, pending)
        return withdrawn if is_last else None

    def has_said(self, mailbox: str, event: str) -> bool:
        return any(said.mailbox == mailbox and said.event == event for said in self.said)

    def is_suppressed(self, mailbox: str) -> bool:
        granted = max(self.statements(mailbox, "granted"), default=EVER)
        gone = [s.at for s in self.said if s.mailbox == mailbox and s.event == "unsubscribed"]
        delivered = [e.at for e in self.events if (e.mailbox, e.kind) == (mailbox, "delivered")]
        last = max(delivered, default=EVER)
        soft = [e for e in self.events if (e.mailbox, e.kind) == (mailbox, "bounced")]
        return (
            self.has_said(mailbox, "complained")
            or self.has_said(mailbox, "bounced")
            or any(at >= granted for at in gone)
            or sum(event.at >= last for event in soft) >= SOFT_LIMIT
        )

    def is_active(self, rule: dict) -> bool:
        today = self.clock.date()
        return (rule["active_from"] or today) <= today <= (rule["active_until"] or today)

    def is_stopped(self, campaign: str) -> bool:
        since = self.clock - timedelta(days=BREAKER["days"])
        ids = {x.message_id for x in self.letters if x.campaign == campaign and x.sent_at > since}
        if len(ids) < BREAKER["letters"]:
            return False
        rates = {
            kind: len({e.message_id for e in self.events if e.kind == kind} & ids) / len(ids)
            for kind in ("bounced", "complained")
        }
        return rates["bounced"] > BREAKER["bounces"] or rates["complained"] > BREAKER["complaints"]

    def steps(self, candidate: Candidate) -> list[Letter]:
        """Letters of the step before, for the same occasion."""
        before = self.history.campaigns[candidate.campaign]["follows"]
        return [
            letter
            for letter in self.theirs(candidate.customer)
            if letter.campaign == before and letter.occasion == candidate.occasion.name
        ]

    def has_exited(self, candidate: Candidate) -> bool:
        exits = self.history.campaigns[candidate.campaign]["exit_on"] or ""
        members = self.members(candidate.customer)
        bought = [at for record, at in self.history.purchases if record in members]
        return any(
            ("bought" in exits and any(step.sent_at <= at <= self.clock for at in bought))
            or (
                "clicked" in exits
                and any(
                    (event.kind, event.message_id) == ("clicked", step.message_id)
                    for event in self.events
                )
            )
            for step in self.steps(candidate)
        )

    def arm(self, campaign: str, customer: str) -> str:
        """What was recorded first under any of the customer's ids, else the draw."""
        experiment, share, arms = self.experiment(campaign)
        known = [
            (at, name, arm)
            for (of, about, name), (arm, at) in self.history.draws.items()
            if (of, about) == (campaign, experiment)
            and at < self.clock
            and self.customer(name) == customer
        ]
        if known:
            return min(known)[2]
        if draw("holdout", campaign, customer) < share:
            return "holdout"
        left = draw("variant", experiment, customer)
        for name, weight in arms[:-1]:
            if left < weight:
                return name
            left -= weight
        return arms[-1][0]

    def experiment(self, campaign: str) -> tuple[str, float, list[tuple[str, float]]]:
        """Its name, the holdout's share, and the arms with their weights."""
        if campaign == "all_campaigns":
            return campaign, GLOBAL_HOLDOUT, [("default", 1.0)]
        rule = self.history.campaigns[campaign]
        name = rule["experiment"] or campaign
        share = rule["holdout_share"] if rule["kind"] == "marketing" else 0
        return name, share, self.history.variants.get(name, [("default", 1.0)])

    def is_held_out(self, candidate: Candidate) -> bool:
        customer = candidate.customer
        return "holdout" in (
            self.arm("all_campaigns", customer),
            self.arm(candidate.campaign, customer),
        )

    def is_cooling(self, candidate: Candidate, rule: dict) -> bool:
        since = self.clock - timedelta(days=rule["cooldown_days"])
        home = self.face(candidate.customer).household
        people = {candidate.customer}
        if rule["one_per_household"] and home:
            people |= {group for group in self.groups if self.face(group).household == home}
        letters = {letter for person in people for letter in self.theirs(person)}
        letters |= {
            letter
            for letter in self.letters
            if letter.occasion is None and letter.mailbox == self.mailbox(candidate)
        }
        return any(x.campaign == candidate.campaign and x.sent_at > since for x in letters)

    def best_hour(self, customer: str) -> int | None:
        zone = self.face(customer).zone
        clicks = [
            local(event.at, zone).hour
            for event in self.events
            if event.kind == "clicked" and self.owner(event.mailbox) == customer
        ]
        if len(clicks) < CLICKS_LIMIT:
            return None
        return min(clicks, key=lambda hour: (-clicks.count(hour), hour))

    def send_after(self, candidate: Candidate) -> datetime:
        rule = self.history.campaigns[candidate.campaign]
        start = candidate.occasion.qualified_at
        if rule["follows"]:
            start = min(letter.sent_at for letter in self.steps(candidate))
        start += timedelta(minutes=rule["wait_minutes"])
        hour, zone = self.best_hour(candidate.customer), self.face(candidate.customer).zone
        if rule["send_time"] == "fixed" or hour in (None, local(start, zone).hour):
            return start
        later = start.replace(minute=start.minute // 15 * 15)
        while (local(later, zone).hour, local(later, zone).minute) != (hour, 0) or later <= start:
            later += timedelta(minutes=15)
        expires = timedelta(hours=rule["expires_after_hours"]) + candidate.occasion.qualified_at
        return later if later < expires else start

    def is_capped(self, customer: str) -> bool:
        face = self.face(customer)
        today = local(self.clock, face.zone).date()
        monday = today - timedelta(days=today.weekday())
        days = [local(letter.sent_at, face.zone).date() for letter in self.advertising(customer)]
        week = CAPS["fatigued_per_week"] if face.is_fatigued else CAPS["per_week"]
        return days.count(today) >= CAPS["per_day"] or sum(day >= monday for day in days) >= week

    def is_repeated(self, candidate: Candidate, rule: dict) -> bool:
        since = self.clock - timedelta(days=IN_A_ROW["days"])
        letters = [x for x in self.advertising(candidate.customer) if x.sent_at > since]
        last = letters[: IN_A_ROW["letters"]]
        blocks = {
            self.history.campaigns.get(letter.campaign, {}).get("product_block") for letter in last
        }
        return len(last) == IN_A_ROW["letters"] and (
            {letter.campaign for letter in last} == {candidate.campaign}
            or (rule["product_block"] is not None and blocks == {rule["product_block"]})
        )

    def rank(self, free: list[Candidate]) -> dict[str, str]:
        """Letters that nothing but other letters speaks against: who goes first."""
        found = {candidate.message_id: "outranked" for candidate in free}

        def firsts(rows: list[Candidate], place: object, order: object) -> list[Candidate]:
            best: dict[object, Candidate] = {}
            for row in sorted(rows, key=order):
                best.setdefault(place(row), row)
            return list(best.values())

        def age(row: Candidate) -> tuple[object, ...]:
            return row.occasion.qualified_at, row.customer, row.message_id

        def home(row: Candidate) -> tuple[object, ...]:
            shared = self.history.campaigns[row.campaign]["one_per_household"]
            household = self.face(row.customer).household
            return row.campaign, (household if shared and household else row.customer)

        def urgency(row: Candidate) -> tuple[object, ...]:
            priority = self.history.campaigns[row.campaign]["priority"]
            return priority, row.occasion.qualified_at, row.message_id

        rows = firsts(free, lambda row: row.customer, urgency)
        rows = firsts(rows, lambda row: (row.campaign, self.mailbox(row)), age)
        rows = firsts(rows, home, age)
        for name, rule in self.history.campaigns.items():
            day = self.clock.date()
            written = len(
                {
                    x.message_id
                    for x in self.letters
                    if x.campaign == name and x.sent_at.date() == day
                }
            )
            of_one = [row for row in rows if row.campaign == name]
            of_one.sort(key=lambda row: (row.occasion.qualified_at, row.message_id))
            for place, row in enumerate(of_one, start=written + 1):
                volume = rule["daily_volume"]
                over = volume is not None and place > volume
                found[row.message_id] = "volume_cap" if over else "due"
        return found

    # What is kept

    def record_draws(self, decided: dict[str, tuple[str, str]]) -> None:
        """Who would get a letter but for the draw, or for what is asked after it."""
        after = {"holdout", "cooldown", "waiting", "quiet_hours", "frequency_cap", "diversity"}
        after |= {"outranked", "volume_cap", "due"}
        for candidate in self.candidates():
            if decided[candidate.message_id][1] not in after:
                continue
            customer, campaigns = candidate.customer, []
            if self.is_marketing(candidate.campaign):
                campaigns.append("all_campaigns")
            if "all_campaigns" not in campaigns or self.arm("all_campaigns", customer) != "holdout":
                campaigns.append(candidate.campaign)
            for campaign in campaigns:
                experiment, share, arms = self.experiment(campaign)
                is_drawn = campaign == "all_campaigns" or share or len(arms) > 1
                key = (campaign, experiment, customer)
                if is_drawn and not any(
                    name[:2] == key[:2] and at < self.clock and self.customer(name[2]) == customer
                    for name, (_, at) in self.history.draws.items()
                ):
                    self.history.draws.setdefault(key, (self.arm(campaign, customer), self.clock))


def number_of(customer: str) -> int:
    """The oldest record of a customer."""
    return int(customer.rpartition("c")[2])


def first(occasion: Occasion) -> tuple[datetime, int]:
    return occasion.qualified_at, occasion.record


def groups_at(history: History, clock: datetime) -> list[str]:
    """The customer of each record: the oldest record of its group names it."""
    groups = [{number} for number in range(len(history.records))]
    for move in sorted(history.moves, key=lambda move: move.at):
        if move.at > clock:
            continue
        one, other = groups[move.first], groups[move.second]
        if move.joins and one is not other:
            joined = one | other
            for number in joined:
                groups[number] = joined
        elif not move.joins and len(one) > 1:
            one.discard(move.first)
            groups[move.first] = {move.first}
    return [history.customer_id(min(group)) for group in groups]


def is_quiet(moment: datetime, zone: str, rule: dict) -> bool:
    now = local(moment, zone).strftime("%H:%M")

    def inside(start: str, end: str) -> bool:
        return start <= now < end if start < end else now >= start or now < end

    quiet, window = (rule["quiet_from"], rule["quiet_to"]), (rule["send_from"], rule["send_to"])
    return (quiet[0] is not None and inside(*quiet)) or (
        window[0] is not None and not inside(*window)
    )
