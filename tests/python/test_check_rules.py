"""Rules that would send the wrong letter are told before anything is built."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from penpal.checks import rules
from penpal.settings import UserError

HAS = rules.Known(
    triggers=frozenset({"cart", "birthday"}),
    segments=frozenset({"inactive"}),
    templates=frozenset({"cart", "birthday", "short"}),
    offers=frozenset({"ten"}),
)
CAMPAIGN = dict.fromkeys(rules.CAMPAIGN_COLUMNS, "") | {
    **{"campaign": "cart", "trigger": "cart", "template": "cart", "kind": "marketing"},
    **{"purchases": "ends", "send_time": "fixed", "is_active": "true", "priority": "1"},
    **{"wait_minutes": "30", "expires_after_hours": "48", "cooldown_days": "3"},
    **{"one_per_household": "false", "holdout_share": "0", "owner": "crm team"},
}
VARIANT = dict.fromkeys(rules.VARIANT_COLUMNS, "") | {"experiment": "tone", "weight": "0.5"}
BOTH = [VARIANT | {"variant": "a"}, VARIANT | {"variant": "b"}]


def judge(
    folder: Path, campaigns: list[dict[str, str]], variants: list[dict[str, str]] | None = None
) -> list[str]:
    for name, columns, rows in (
        ("campaigns.csv", rules.CAMPAIGN_COLUMNS, campaigns),
        ("campaign_variants.csv", rules.VARIANT_COLUMNS, variants or []),
    ):
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return rules.judge(folder, HAS)


def test_the_project_s_own_rules_are_good() -> None:
    assert rules.judge() == []


def test_good_rules_have_no_problem(tmp_path: Path) -> None:
    campaigns = [
        CAMPAIGN | {"experiment": "tone", "offer": "ten", "locale": "pt-BR", "daily_volume": "0"},
        CAMPAIGN | {"campaign": "again", "follows": "cart", "exit_on": "bought; clicked"},
        CAMPAIGN | {"campaign": "quiet", "trigger": "inactive", "wait_minutes": "2879"},
        CAMPAIGN
        | {"campaign": "late", "quiet_from": "21:00", "quiet_to": "08:00", "send_from": "18:00"}
        | {"send_to": "22:00", "active_from": "2026-06-15", "active_until": "2026-06-15"},
    ]
    assert judge(tmp_path, campaigns, BOTH) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"trigger": "carts"}, "trigger is 'carts'; valid: birthday, cart, inactive."),
        ({"template": "crat"}, "template is 'crat'; valid: birthday, cart, short."),
        ({"kind": "Marketing"}, "kind is 'Marketing'; valid: marketing, transactional."),
        ({"send_time": ""}, "send_time is ''; valid: best_hour, fixed."),
        ({"is_active": "yes"}, "is_active is 'yes'; valid: false, true."),
        ({"product_block": "x"}, "product_block is 'x'; valid: nothing, cart, order"),
        ({"campaign": "Cart!"}, "campaign is 'Cart!'; valid: lower-case letters"),
        ({"priority": "-1"}, "priority is '-1'; valid: a whole number from 0."),
        ({"wait_minutes": "half"}, "wait_minutes is 'half'; valid: a whole number from 0."),
        ({"cooldown_days": ""}, "cooldown_days is ''; valid: a whole number from 0."),
        ({"wait_minutes": "2880"}, "wait_minutes 2880 is not shorter than expires_after_hours 48"),
        ({"holdout_share": "1"}, "holdout_share is '1'; valid: a share from 0 to below 1"),
        ({"holdout_share": "nan"}, "holdout_share is 'nan'; valid: a share from 0 to below 1"),
        ({"daily_volume": "-5"}, "daily_volume is '-5'; valid: a whole number from 0, or nothing."),
        ({"active_from": "15.6.2026"}, "active_from is '15.6.2026'; valid: a day such as"),
        ({"active_from": "2026-02-29"}, "active_from is '2026-02-29'; valid: a day such as"),
        (
            {"active_from": "2026-06-16", "active_until": "2026-06-15"},
            "active_until 2026-06-15 is before active_from 2026-06-16.",
        ),
        ({"quiet_from": "24:00", "quiet_to": "08:00"}, "quiet_from is '24:00'; valid: HH:MM"),
        ({"quiet_from": "9:00", "quiet_to": "10:00"}, "quiet_from is '9:00'; valid: HH:MM"),
        ({"quiet_from": "21:00"}, "quiet_from and quiet_to go together: give both, or none."),
        ({"send_from": "09:00", "send_to": "09:00"}, "send_from and send_to are both 09:00"),
        (
            {"quiet_from": "21:00", "quiet_to": "08:00", "send_from": "22:00", "send_to": "07:00"},
            "its send window lies within its quiet hours",
        ),
        ({"locale": "english!"}, "locale is 'english!'; valid: a language such as en or pt-BR."),
        ({"offer": "twenty"}, "offer is 'twenty'; valid: ten."),
        ({"experiment": "colour"}, "experiment is 'colour'; valid: tone."),
        ({"follows": "birthdy"}, "follows is 'birthdy'; valid: none is there."),
        ({"follows": "cart"}, "follows is 'cart'; valid: none is there."),
        ({"exit_on": "bored"}, "exit_on has 'bored'; valid: bought, clicked, left."),
        ({"exit_on": "bought"}, "exit_on is given, but follows is not"),
        (
            {"kind": "transactional", "holdout_share": "0.1"},
            "holdout_share is given, but nobody is held out",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_word_is_told_with_the_valid_ones(
    tmp_path: Path, wrong: dict[str, str], told: str
) -> None:
    problems = judge(tmp_path, [CAMPAIGN | wrong], BOTH)
    name = wrong.get("campaign", "cart")
    assert any(f"campaigns.csv, line 2 ({name}): {told}" in problem for problem in problems)


def test_names_are_used_once(tmp_path: Path) -> None:
    (problem,) = judge(tmp_path, [CAMPAIGN, CAMPAIGN])
    assert problem.endswith("line 3 (cart): campaign 'cart' is there twice; a name is used once.")


@pytest.mark.parametrize(
    ("first", "second", "overlaps"),
    [
        ({}, {}, True),
        ({"active_until": "2026-06-15"}, {"active_from": "2026-06-15"}, True),
        ({"active_until": "2026-06-14"}, {"active_from": "2026-06-15"}, False),
    ],
    ids=["always", "one day", "one after the other"],
)
def test_an_experiment_is_about_one_campaign_at_a_time(
    tmp_path: Path, first: dict[str, str], second: dict[str, str], overlaps: bool
) -> None:
    campaigns = [
        CAMPAIGN | {"experiment": "tone"} | first,
        CAMPAIGN | {"campaign": "other", "experiment": "tone"} | second,
    ]
    problems = judge(tmp_path, campaigns, BOTH)
    assert [("overlaps with that of campaign cart" in problem) for problem in problems] == (
        [True] if overlaps else []
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"variant": "a"}], "the weights of experiment 'tone' make 0.5 (0.5); together they make"),
        (
            [{"variant": "a", "weight": "-0.5"}, {"variant": "b", "weight": "1.5"}],
            "weight is '-0.5'",
        ),
        ([{"variant": "a", "weight": "0.6"}, {"variant": "b"}], "make 1.1 (0.6 + 0.5)"),
        ([{"variant": "a"}, {"variant": "a"}], "variant 'tone a' is there twice"),
        ([{"variant": "holdout"}, {"variant": "b"}], "variant is 'holdout', which is the name of"),
        (
            [{"variant": "a", "template": "lng"}, {"variant": "b"}],
            "template is 'lng'; valid: birth",
        ),
        (
            [{"variant": "a", "factors": "short"}, {"variant": "b"}],
            "factors is 'short'; valid: fac",
        ),
        (
            [{"variant": "a", "factors": "size=s"}, {"variant": "b", "factors": "colour=red"}],
            "has the factors colour; the experiment's first variant has size.",
        ),
        (
            [{"variant": "a", "factors": "size=s"}, {"variant": "b", "factors": "size=s"}],
            "has the levels 'size=s', as another variant has.",
        ),
    ],
)
def test_a_wrong_variant_is_told(tmp_path: Path, rows: list[dict[str, str]], told: str) -> None:
    problems = judge(tmp_path, [CAMPAIGN], [VARIANT | row for row in rows])
    assert any("campaign_variants.csv, line" in problem and told in problem for problem in problems)


def test_the_steps_of_a_sequence_share_a_trigger_and_have_a_first(tmp_path: Path) -> None:
    (problem,) = judge(
        tmp_path,
        [CAMPAIGN, CAMPAIGN | {"campaign": "next", "trigger": "birthday", "follows": "cart"}],
    )
    assert "follows cart, whose trigger is 'cart', not 'birthday'" in problem
    problems = judge(
        tmp_path,
        [CAMPAIGN | {"follows": "next"}, CAMPAIGN | {"campaign": "next", "follows": "cart"}],
    )
    assert len(problems) == 2 and all("in the end follows it" in problem for problem in problems)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    judge(tmp_path, [CAMPAIGN])
    path = tmp_path / "campaigns.csv"
    text = path.read_text()
    path.write_text(text.replace(",owner,", ",ownr,", 1))
    with pytest.raises(UserError, match="has no column owner: add it to its first line"):
        rules.judge(tmp_path, HAS)
    path.write_text(text + "birthday,birthday\n")
    with pytest.raises(
        UserError, match=r"line 3 \(birthday\): has fewer values than the first line"
    ):
        rules.judge(tmp_path, HAS)
    path.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        rules.judge(tmp_path, HAS)
