"""Begin a model of a kind that the project lists by name: a segment, a trigger."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from penpal import settings
from penpal.settings import ROOT, UserError


@dataclass(frozen=True, slots=True)
class Kind:
    """What models of a kind have in common; NAME in `sql` and `yaml` stands for the new one's."""

    word: str  # their prefix, and what they are called
    folder: Path
    listed_in: str  # var of dbt_project.yml
    sql: str
    yaml: str


def with_entry(project: str, name: str, listed_in: str) -> str:
    """dbt_project.yml with the name as the last of a list in its vars."""
    listed = re.search(rf"^  {listed_in}:\n(    - \w+\n)+", project, flags=re.MULTILINE)
    if not listed:
        raise UserError(f"dbt_project.yml has no list `{listed_in}` with one name a line.")
    return f"{project[: listed.end()]}    - {name}\n{project[listed.end() :]}"


def begin(kind: Kind, name: str, folder: str, root: Path = ROOT) -> list[Path]:
    """Write the files of a new model; returns those that it wrote or changed."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name.startswith(f"{kind.word}_"):
        raise UserError(
            f"'{name}' is no name for a {kind.word}: small letters, digits and _, "
            f"without `{kind.word}_`."
        )
    if there := sorted((root / "models").rglob(f"{kind.word}_{name}.*")):
        raise UserError(f"There is a {kind.word} {name}: {there[0].relative_to(root)}.")
    if not (root / kind.folder / folder).is_dir():
        raise UserError(f"There is no folder {kind.folder / folder}: make it, or name another.")
    project = root / "dbt_project.yml"
    entry = with_entry(project.read_text(encoding="utf-8"), name, kind.listed_in)
    stem = root / kind.folder / folder / f"{kind.word}_{name}"
    texts = {
        stem.with_suffix(".sql"): kind.sql.replace("NAME", name),
        stem.with_suffix(".yml"): kind.yaml.replace("NAME", name),
        project: entry,
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def run(kind: Kind, about: str, arguments: list[str] | None) -> int:
    """The command line of a program that begins a model of this kind; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help=f"as in {kind.word}_<name>")
    parser.add_argument(
        "--folder", default="buying", help=f"folder of {kind.folder} (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    for path in begin(kind, options.name, options.folder):
        print(path.relative_to(ROOT))
    print(f"Write its criterion there, then: .venv/bin/dbt build -s {kind.word}_{options.name}+")
    return settings.EXIT_DONE
