"""Penpal on a lake of contacts: staging once, then the identity layer, timed model by model."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from penpal.benchmark.accuracy import pairwise
from penpal.benchmark.process import Finished, run_process
from penpal.identity.matching.queries import compiled
from penpal.settings import ROOT, UserError

DBT = Path(sys.executable).with_name("dbt")
# The identity layer with the ledger in its middle, and what it reads.
IDENTITY = "+path:models/identity,path:models/identity+"
BEFORE = ("--select", "path:seeds/rules", "+path:models/identity")
BEFORE += ("--exclude", "path:models/identity+", "resource_type:test", "resource_type:unit_test")
AS_OF = "2026-06-16 00:00:00"  # after the last of the generated contacts
# Groups of models, the order of the report.
READING, DETERMINISTIC, PROFILES = "reading", "deterministic", "profiles"
PRIORS, SCORING, CLUSTERING, REST = "priors", "scoring", "clustering", "rest"
GROUPS = (READING, DETERMINISTIC, PROFILES, PRIORS, SCORING, CLUSTERING, REST)
# What the profile of a contact says, and the contact.
SAID = {
    "first_names": "first_name_key",
    "last_names": "last_name_key",
    "email": "email_key",
    "phone": "coalesce(phone, mobile_phone)",
    "street": "replace(street_key, ' ', '')",
    "city": "replace(city_key, ' ', '')",
}


@dataclass(frozen=True)
class Place:
    """A warehouse, the lake that it reads, and where dbt writes."""

    warehouse: Path
    lake: Path
    target: Path
    sources: tuple[str, ...] = ("crm",)
    as_of: str = AS_OF

    @property
    def options(self) -> tuple[str, ...]:
        """What every command of dbt is given."""
        given = {"raw_data": "lake", "sources": list(self.sources), "as_of": self.as_of}
        return "--vars", json.dumps(given)

    @property
    def environment(self) -> dict[str, str]:
        """Where dbt reads and writes."""
        return {
            "PENPAL_WAREHOUSE": str(self.warehouse),
            "PENPAL_LAKE": str(self.lake),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
            "DBT_USE_COLORS": "false",
        }

    def dbt(self, title: str, *arguments: str) -> Finished:
        """Runs dbt; a failure is a UserError."""
        return run_process(
            title, [str(DBT), "--quiet", *arguments, *self.options], self.environment
        )

    def stage(self) -> Finished:
        """Builds everything that the identity layer reads, over what the lake holds now."""
        self.warehouse.parent.mkdir(parents=True, exist_ok=True)
        return self.dbt("Staging", "build", *BEFORE)

    def resolve(self, *options: str, selected: str = IDENTITY) -> dict[str, Any]:
        """Builds the identity layer, one model at a time; seconds by model and by group."""
        command = ("run", "--select", selected, "--threads", "1", *options)
        run = self.dbt("The identity layer", *command)
        read = {
            name: json.loads((self.target / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("run_results", "manifest")
        }
        seconds = model_seconds(read["run_results"])
        groups = group_models(read["manifest"], set(seconds))
        return {
            "models": seconds,
            "seconds": {group: sum(seconds[m] for m in models) for group, models in groups.items()},
            "total": sum(seconds.values()),
            "wall": run.seconds,
            "cpu_seconds": run.cpu_seconds,
            "peak_bytes": run.peak_bytes,
        }

    def resolve_with_estimated_weights(self) -> dict[str, Any] | None:
        """What depends on weights, with weights estimated from the layer; None: too little data.

        They take the place of the shipped ones in this warehouse only; the seed stays as it is.
        """
        weights = self.target / "estimated_weights.csv"
        weights.unlink(missing_ok=True)
        estimated = run_process(
            "The estimate",
            [
                sys.executable,
                str(ROOT / "scripts/estimate_match_weights.py"),
                "--out",
                str(weights),
                *self.options,
            ],
            self.environment,
        )
        if not weights.exists():
            return None
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("truncate rules.match_weights")
            connection.execute(
                "insert into rules.match_weights by name from read_csv($1)", [str(weights)]
            )
        found = self.resolve(selected=f"match_weights+,{IDENTITY}")
        return {"estimate_seconds": estimated.seconds} | found

    def keep_blocks(self, file: Path) -> None:
        """The blocks of each contact as a Parquet file: a column a rule, null where in none.

        contact_id, and block_0, the cluster of deterministic links. Contacts of a cluster that say
        the same are one profile: a contact is of the profile that agrees with it most.
        """
        environment = os.environ | self.environment
        sql = compiled("blocks", options=self.options, environment=environment)["blocks"]
        agree = " + ".join(
            f"cast(profiles.{theirs} is not distinct from contacts.{theirs} as integer)"
            for theirs in SAID
        )
        said = ", ".join(f"{ours} as {theirs}" for theirs, ours in SAID.items())
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute(f"create temp table blocks as {sql}")
            rules = connection.execute(
                "select distinct rule_number from blocks order by rule_number"
            ).fetchall()
            columns = ", ".join(
                f"max(case when rule_number = {rule} then block end) as block_{rule}"
                for (rule,) in rules
            )
            connection.execute(f"""
                copy (
                    with contacts as (select contact_id, {said} from staging.stg_crm__contacts),
                    mapped as (
                        select contacts.contact_id, clusters.cluster as block_0,
                            first(
                                profiles.profile_id order by {agree} desc, profiles.profile_id
                            ) as profile_id
                        from contacts
                        left join identity.identity_records as records
                            on 'crm.contacts:' || contacts.contact_id = records.record_key
                        left join identity.identity_linked_clusters as clusters
                            on records.record_id = clusters.record_id
                        left join identity.identity_profiles as profiles
                            on clusters.cluster = profiles.cluster
                        group by all
                    ),
                    wide as (select profile_id, {columns} from blocks group by profile_id)
                    select mapped.contact_id, mapped.block_0, wide.* exclude (profile_id)
                    from mapped
                    left join wide on mapped.profile_id = wide.profile_id
                ) to '{file}' (format parquet)
            """)

    def judge(self, truth: Path) -> dict[str, Any]:
        """Accuracy of the final clusters, and of the deterministic links alone."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute(
                "create temp table truth as select record_id, person_id from read_parquet($1)",
                [str(truth)],
            )
            final = """(select source_key as record_id, cluster as cluster_id
                from identity.identity_clusters where source_table = 'crm.contacts')"""
            strict = """(select records.source_key as record_id, linked.cluster as cluster_id
                from identity.identity_linked_clusters as linked
                inner join identity.identity_records as records
                    on linked.record_id = records.record_id
                where records.source_table = 'crm.contacts')"""
            return {
                "accuracy": pairwise(connection, final, "truth"),
                "deterministic": pairwise(connection, strict, "truth"),
                "pairs": connection.execute(
                    "select count(*) from identity.identity_pairs"
                ).fetchall()[0][0],
            }


def model_seconds(run_results: dict[str, Any]) -> dict[str, float]:
    """Seconds that each model took."""
    return {
        result["unique_id"].rsplit(".", 1)[1]: result["execution_time"]
        for result in run_results["results"]
        if result["unique_id"].startswith("model.")
    }


def group_models(manifest: dict[str, Any], models: set[str]) -> dict[str, list[str]]:
    """What each model is for, by its place in the graph.

    reading: identity_record_values and what it needs, the records among them; deterministic: from
    there to identity_linked_clusters; profiles: the comparison columns; scoring: from there through
    the blocks to identity_evidence, and from there and the priors to identity_pairs; priors: from
    the evidence to identity_priors; clustering: from the pairs to identity_clusters; rest: all
    others.
    """
    parents: dict[str, set[str]] = {}
    for identifier, above in manifest["parent_map"].items():
        kind, *_, name = identifier.split(".")
        if kind == "model" and name in models:
            near = {parent.rsplit(".", 1)[1] for parent in above if parent.startswith("model.")}
            parents[name] = near & models

    def upstream(name: str) -> set[str]:
        found, queue = set(), [name] if name in parents else []
        while queue:
            if (model := queue.pop()) not in found:
                found.add(model)
                queue += parents[model]
        return found

    groups: dict[str, set[str]] = {group: set() for group in GROUPS}
    left = set(models)
    for group, last in (
        (READING, "identity_record_values"),
        (DETERMINISTIC, "identity_linked_clusters"),
        (PROFILES, "identity_profiles"),
        # The priors are estimated from the evidence, which every pair is scored by.
        (SCORING, "identity_evidence"),
        (PRIORS, "identity_priors"),
        (SCORING, "identity_pairs"),
        (CLUSTERING, "identity_clusters"),
    ):
        groups[group] |= upstream(last) & left
        left -= upstream(last)
    groups[REST] = left
    return {group: sorted(names) for group, names in groups.items()}


def copy_warehouse(source: Path, target: Path) -> None:
    """A fresh copy; the target's ledgers and exports go with the old one."""
    for path in target.parent.glob(f"{target.stem}.*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if source.with_suffix(source.suffix + ".wal").exists():
        raise UserError(f"{source} has unwritten changes: another program has it open; close it.")
    shutil.copyfile(source, target)
    # Else the first model that commits would wait until all of the copy is on the disk.
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
