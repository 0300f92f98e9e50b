"""identity_rules: what concerns every record makes the next run look at everything."""

from __future__ import annotations

import json

import pytest
from conftest import ScratchProject

VARS = {
    "user_id_is": "shop_customer_id",
    "match_thresholds": {"keep": -8, "link": 0, "review": 3},
    "blocking_rules": [{"name": "names", "keys": ["name_low"], "pairs_per_profile": 1}],
}
SEEDS = {
    "match_weights": "select 'email' as comparison, 0.5 as m_probability",
    "nicknames": "select 'bill' as name, 'william' as canonical_name",
    "identifier_limits": "select 'email' as identifier_type, 6 as trust_rank, false as is_strong,"
    " true as is_personal, 5 as max_people",
    "blocked_identifiers": "select 'birth_date' as identifier_type, '19000101' as pattern",
    "device_evidence": "select 'login' as evidence, 1 as trust_rank",
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


def test_another_rule_is_noticed(scratch: ScratchProject) -> None:
    for name, sql in SEEDS.items():
        scratch.model(name, sql)
    scratch.model("rules", DEPENDS + "select '{{ identity_rules() }}' as rules")
    before = rules(scratch)
    assert rules(scratch, user_id_is="contact_id") != before
    # A limit concerns the values that are over it, a rank every link.
    limits = SEEDS["identifier_limits"]
    scratch.model("identifier_limits", limits.replace("5 as", "4 as"))
    assert rules(scratch) == before
    scratch.model("identifier_limits", limits.replace("6 as", "7 as"))
    assert rules(scratch) != before
