"""What would have to change for the next letter of each campaign, in a sentence.

Nothing is decided anew: the sentence is made of the decision that stands, its reason and evidence,
the rules of the campaign and the customer's zone. A reason that is not known here speaks with the
meaning that rules.decision_reasons gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penpal.customers.tables import Warehouse
from penpal.identity.evidence import Row

# Times to wait for that a decision's evidence may carry, the most telling first.
UNTIL = ("frees_at", "ends_at", "until", "next_at", "opens_at")

NEEDS = {
    "due": "nothing: the letter goes out",
    "already_sent": "another occasion: the letter for this one went out",
    "expired": "another occasion: this one expired {expires}",
    "invalid_address": "an address of their own that mail reaches",
    "address_not_tied": "something that ties an address to it by keys: a login, an order, a click",
    "suppressed": "another mailbox that agrees to letters: this one {suppressed}",
    "no_consent": "consent for marketing from {email} (now: {consent})",
    "already_purchased": "another occasion: what this one is about was bought",
    "nothing_left": "that something of it can be bought again",
    "orders_not_yet_known": "that the shop's orders come in: they are late",
    "not_active": "that the campaign is active ({active})",
    "circuit_breaker": "that the campaign's owner looks at its bounces and complaints",
    "sequence_exited": "another sequence: the customer has left this one",
    "previous_step": "that the letter before it in the sequence goes out",
    "holdout": "nothing that may change: the customer is held out to measure what letters do",
    "cooldown": "that the campaign's {cooldown_days} days of rest pass{until}",
    "waiting": "that it is time: waits until {send_after}",
    "quiet_hours": "that quiet hours end: waits until {send_after}",
    "outranked": "a later run: {ahead} goes first",
    "frequency_cap": "that the cap frees{until_cap}",
    "diversity": "a letter of another campaign in between",
    "volume_cap": "a day on which the campaign has letters left ({daily_volume} a day)",
}

# Their sentences say what their evidence says.
SAID_ALREADY = ("due", "expired", "no_consent", "waiting", "quiet_hours", "not_active")


def next_letters(warehouse: Warehouse, customer: Row, decisions: list[Row]) -> list[Row]:
    """One row per campaign: campaign, decision, reason, needs (the sentence), occasion."""
    campaigns = warehouse.rows(
        "rules.campaigns", "from rules.campaigns order by priority, campaign"
    )
    criteria = {
        row["name"]: row["criterion"]
        for row in warehouse.rows("marts.segment_catalog", "from marts.segment_catalog")
    }
    consent = warehouse.of("marts.customer_consents", customer["customer_id"])
    answers = []
    for campaign in campaigns:
        standing = [row for row in decisions if row["campaign"] == campaign["campaign"]]
        best = min(standing, key=promise) if standing else None
        if best is None:
            needs = without_occasion(campaign, criteria)
        else:
            words = Words(campaign, customer, best, decisions, consent[0] if consent else {})
            needs = words.sentence()
        answers.append(
            {
                "campaign": campaign["campaign"],
                "decision": best["decision"] if best else None,
                "reason": best["reason"] if best else None,
                "occasion": best["occasion"] if best else None,
                "needs": needs,
            }
        )
    return answers


def promise(decision: Row) -> tuple[int, float]:
    """Sorts decisions of one campaign: the nearest to a letter first, of several the youngest."""
    place = {"send": 0, "hold": 1, "skip": 2}.get(decision["decision"], 3)
    is_over = decision["reason"] in ("already_sent", "expired", "already_purchased")
    expires = decision["expires_at"]
    return place + is_over, -expires.timestamp() if expires else 0.0


def without_occasion(campaign: Row, criteria: Mapping[str, str]) -> str:
    """Of a campaign that has nothing to write about to this customer."""
    if not campaign["is_active"]:
        return "that the campaign is switched on (is_active in campaigns.csv)"
    trigger = campaign["trigger"]
    if trigger in criteria:
        return f"an occasion, segment {trigger}: {criteria[trigger]}"
    return f"an occasion of trigger_{trigger}: {campaign.get('description') or 'see its model'}"


class Words:
    """The words that a sentence of NEEDS may ask for, from one decision."""

    def __init__(
        self, campaign: Row, customer: Row, decision: Row, decisions: list[Row], consent: Row
    ):
        self.campaign, self.customer = campaign, customer
        self.decision, self.decisions, self.consent = decision, decisions, consent
        self.zone = zone_of(customer.get("timezone"))

    def sentence(self) -> str:
        reason = self.decision["reason"]
        if reason not in NEEDS:
            told = self.decision.get("meaning") or reason.replace("_", " ")
            return f"that this changes: {told}"
        sentence = NEEDS[reason].format_map(self)
        evidence = self.decision.get("evidence")
        if isinstance(evidence, str) and reason not in SAID_ALREADY:
            return f"{sentence} ({evidence})"
        return sentence

    def __getitem__(self, name: str) -> str:
        return str(getattr(self, f"say_{name}")())

    def moment(self, moment: datetime | None) -> str:
        """A time in UTC, and by the customer's own clock where their zone is known."""
        if moment is None:
            return "no known time"
        told = f"{moment:%Y-%m-%d %H:%M} UTC"
        if self.zone is None:
            return told
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        form = "%H:%M" if local.date() == moment.date() else "%Y-%m-%d %H:%M"
        return f"{told} ({local.strftime(form)} in {self.zone.key})"

    def say_expires(self) -> str:
        return f"at {self.moment(self.decision['expires_at'])}"

    def say_send_after(self) -> str:
        return self.moment(self.evidence_time() or self.decision["send_after"])

    def say_email(self) -> str:
        return str(
            self.decision["email"] or self.customer.get("primary_email") or "a mailbox of theirs"
        )

    def say_consent(self) -> str:
        status = self.consent.get("marketing_status") or "nothing was said"
        since = self.consent.get("marketing_refused_at") or self.consent.get("marketing_since")
        return f"{status} since {since:%Y-%m-%d}" if since else status

    def say_suppressed(self) -> str:
        why = self.consent.get("suppression_reason")
        return f"is suppressed ({str(why).replace('_', ' ')})" if why else "is suppressed"

    def say_active(self) -> str:
        begins, ends = (self.campaign.get(f"active_{side}") for side in ("from", "until"))
        return f"from {begins or 'ever'} until {ends or 'further notice'}"

    def say_cooldown_days(self) -> str:
        return str(self.campaign.get("cooldown_days"))

    def say_daily_volume(self) -> str:
        return str(self.campaign.get("daily_volume"))

    def say_until(self) -> str:
        until = self.evidence_time()
        return f" at {self.moment(until)}" if until else ""

    def say_until_cap(self) -> str:
        """The evidence's own time; else the next day or week of the customer's calendar."""
        until = self.evidence_time()
        if until:
            return f" at {self.moment(until)}"
        by_week = "week" in str(self.decision.get("evidence") or "")
        day = next_day(self.decision["evaluated_at"], self.zone, by_week=by_week)
        return f" on {day:%A}, {day:%Y-%m-%d}"

    def say_ahead(self) -> str:
        first = [row["campaign"] for row in self.decisions if row["decision"] == "send"]
        return f"{first[0]}, a letter of this run," if first else "another letter of this run"

    def evidence_time(self) -> datetime | None:
        evidence = self.decision.get("evidence")
        if not isinstance(evidence, dict):
            return None
        for name in UNTIL:
            moment = as_moment(evidence.get(name))
            if moment:
                return moment
        return None


def as_moment(value: Any) -> datetime | None:
    """A time as JSON has it, in UTC and without a zone; None where it is none."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def zone_of(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def next_day(now: datetime, zone: ZoneInfo | None, *, by_week: bool) -> datetime:
    """Midnight of tomorrow, or of next Monday, by the customer's calendar."""
    local = now.replace(tzinfo=UTC).astimezone(zone or UTC)
    days = 7 - local.weekday() if by_week else 1
    return datetime.combine(local.date() + timedelta(days=days), time())
