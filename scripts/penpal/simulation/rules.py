"""Where a set of rules comes from: this project, another commit of it, a folder of rule files."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from penpal.settings import ROOT, UserError

# What dbt reads of a project; rule files are copied, as some may be replaced.
LINKED = ("models", "macros", "scripts", "tests", "seeds/sample")
COPIED = ("dbt_project.yml", "profiles.yml", "seeds/rules")


def other_project(asked: str, folder: Path) -> Path:
    """The project with the rules of a folder, or as it is at a commit, laid out in `folder`."""
    rules = Path(asked)
    if rules.is_dir():
        return with_rules(rules, folder)
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", asked],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise UserError(
            f"'{asked}' is neither a folder of rules nor a commit: name a folder with files of"
            " seeds/rules, or a branch, tag or commit of this project."
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def with_rules(rules: Path, folder: Path) -> Path:
    """This project, with the rule files of a folder in the place of its own."""
    for name in LINKED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    given = sorted(rules.glob("*.csv"))
    if not given:
        raise UserError(f"{rules} has no .csv file: put copies of seeds/rules/*.csv there.")
    for file in given:
        if not (ROOT / "seeds" / "rules" / file.name).exists():
            raise UserError(f"{file} is no rule file: seeds/rules has no {file.name}.")
        shutil.copy(file, folder / "seeds" / "rules" / file.name)
    return folder
