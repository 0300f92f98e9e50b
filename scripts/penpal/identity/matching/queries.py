"""Queries of the estimate and the benchmark, which dbt compiles: they use the models' macros."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from penpal.settings import ROOT, UserError

FOLDER = Path(__file__).with_name("queries").relative_to(ROOT)


def compiled(
    *names: str, options: tuple[str, ...] = (), environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The SQL of queries (files of the folder queries/) over the warehouse of the environment.

    Takes a start of dbt, some seconds; options go to dbt. UserError with dbt's own words where it
    cannot compile.
    """
    dbt = Path(sys.executable).with_name("dbt")
    selected = [f"path:{FOLDER / name}.sql" for name in names]
    ran = subprocess.run(
        [str(dbt), "--quiet", "compile", "--no-populate-cache", "--select", *selected, *options],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        told = (ran.stdout + ran.stderr).strip()
        raise UserError(f"dbt cannot compile {', '.join(names)}: {told}")
    folder = ROOT / environment.get("DBT_TARGET_PATH", "target") / "compiled" / "penpal" / FOLDER
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in names}
