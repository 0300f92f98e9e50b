"""identity_rules: what concerns every record makes the next run look at everything."""

from __future__ import annotations

import json
import shutil

import pytest
from conftest import ROOT, ScratchProject

VARS = {
    "user_id_is": "shop_customer_id",
    "match_thresholds": {"keep": -8, "link": 0, "review": 3},
    "blocking_rules": [{"name": "names", "keys": ["name_low"], "pairs_per_profile": 1}],
}
OTHER_VARS = {
    "user_id_is": "contact_id",
    "match_thresholds": {"keep": -8, "link": 1, "review": 3},
    "blocking_rules": [{"name": "names", "keys": ["name_low"], "pairs_per_profile": 2}],
}
SEEDS = {
    "match_weights": "select 'email' as comparison, 0.5 as m_probability",
    "nicknames": "select 'bill' as name, 'william' as canonical_name",
    "identifier_limits": "select 'email' as identifier_type, 6 as trust_rank, false as is_strong,"
    " true as is_personal, 5 as max_people",
    "blocked_identifiers": "select 'birth_date' as identifier_type, '19000101' as pattern",
    "device_evidence": "select 'login' as evidence, 1 as trust_rank",
}
OTHER_SEEDS = {
    "match_weights": ("0.5", "0.6"),
    "nicknames": ("'bill'", "'will'"),
    "identifier_limits": ("6 as", "7 as"),
    "blocked_identifiers": ("19000101", "19700101"),
    "device_evidence": ("1 as", "2 as"),
}
# What the text of a macro says, and might say instead.
OTHER_MACROS = {
    "block_keys.sql": ("between 2 and 512", "between 2 and 256"),
    "compare_profiles.sql": ("length(postal_b)) >= 4", "length(postal_b)) >= 5"),
    "identity.sql": (">= 8 then 2", ">= 9 then 2"),
    "name_suffix.sql": ("'ii': 'jr'", "'ii': 'sr'"),
    "rarity_bits.sql": ("+ 1000)", "+ 2000)"),
    "is_log_out.sql": ("'Signed Out'", "'Left'"),
    "session_gap_seconds.sql": ("1800", "900"),
    "visitor_key.sql": ("'a:'", "'b:'"),
    "weigh_comparisons.sql": ("-100", "-200"),
    "materializations/agglomerate.sql": ("2 * sqrt", "3 * sqrt"),
    "engine/text_number.sql": ("1, 15", "1, 14"),
    "staging/email_key.sql": ("'+'", "'-'"),
    "staging/text_key.sql": ("'!-@'", "'!-/'"),
}
DEPENDS = "".join(f"-- depends_on: {{{{ ref('{name}') }}}}\n" for name in SEEDS)


@pytest.fixture(scope="module")
def engine() -> str:
    return "duckdb"  # on Spark every run looks at everything


def rules(scratch: ScratchProject, **variables: object) -> str:
    done = scratch.dbt("run", "--vars", json.dumps(VARS | variables))
    assert done.returncode == 0, done.stdout
    ((found,),) = scratch.rows("rules", "rules")
    return found


@pytest.fixture(scope="module")
def before(scratch: ScratchProject) -> str:
    macros = scratch.folder / "macros"
    shutil.copytree(ROOT / "macros", macros)
    project = scratch.folder / "dbt_project.yml"
    project.write_text(project.read_text().replace(str(ROOT / "macros"), str(macros)))
    for name, sql in SEEDS.items():
        scratch.model(name, sql)
    scratch.model("rules", DEPENDS + "select '{{ identity_rules() }}' as rules")
    return rules(scratch)


@pytest.mark.parametrize("name", OTHER_VARS)
def test_another_var_is_noticed(scratch: ScratchProject, before: str, name: str) -> None:
    assert rules(scratch, **{name: OTHER_VARS[name]}) != before


@pytest.mark.parametrize("name", OTHER_SEEDS)
def test_another_seed_is_noticed(scratch: ScratchProject, before: str, name: str) -> None:
    scratch.model(name, SEEDS[name].replace(*OTHER_SEEDS[name]))
    found = rules(scratch)
    scratch.model(name, SEEDS[name])
    assert found != before


def test_limits_concern_only_the_values_over_them(scratch: ScratchProject, before: str) -> None:
    limits = SEEDS["identifier_limits"]
    scratch.model("identifier_limits", limits.replace("5 as", "4 as"))
    found = rules(scratch)
    scratch.model("identifier_limits", limits)
    assert found == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("identifier_limits", "5 as", "4 as"), ("blocked_identifiers", "19000101", "undefined")],
)
def test_limits_of_devices_concern_everybody(
    scratch: ScratchProject, name: str, old: str, new: str
) -> None:
    """Whose visits they leave out is found out where the visits are read."""
    seed = SEEDS[name].replace("'email'", "'anonymous_id'")
    seed = seed.replace("'birth_date'", "'anonymous_id'")
    scratch.model(name, seed)
    before = rules(scratch)
    scratch.model(name, seed.replace(old, new))
    found = rules(scratch)
    scratch.model(name, SEEDS[name])
    assert found != before


@pytest.mark.parametrize("name", OTHER_MACROS)
def test_another_macro_is_noticed(scratch: ScratchProject, before: str, name: str) -> None:
    macro = scratch.folder / "macros" / name
    text = macro.read_text()
    old, new = OTHER_MACROS[name]
    assert old in text
    macro.write_text(text.replace(old, new))
    found = rules(scratch)
    macro.write_text(text)
    assert found != before
