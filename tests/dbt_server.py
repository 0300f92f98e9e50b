"""dbt, started once: it takes longer to start than most tests' few models take to run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dbt.cli.main import cli, dbtRunner

from penpal.pipeline.warm import Run, serve

PROFILE = "warm: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}"


def warm_up() -> Run:
    """Imports the adapter and builds what dbt builds at its first use; connects to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dbt_project.yml").write_text("{name: warm, version: 1.0.0, profile: warm}")
        Path(folder, "profiles.yml").write_text(PROFILE)
        options = [f"--{kind}-dir={folder}" for kind in ("project", "profiles")]
        options += [f"--target-path={folder}", f"--log-path={folder}", "--quiet"]
        done = dbtRunner().invoke(["parse", *options])
        if not done.success:
            raise RuntimeError("dbt does not start") from done.exception
    return cli


if __name__ == "__main__":
    serve(warm_up)
