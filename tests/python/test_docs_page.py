"""The page of `make docs`: one file, whatever the models' SQL holds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT

from docs_page import docs_page

PAGE = '<script>n={m:"MANIFEST.JSON INLINE DATA",c:"CATALOG.JSON INLINE DATA"}</script><p>after</p>'
SQL = "select '</script><!-- <script>' as name"


class Scripts(HTMLParser):
    """What a browser takes for scripts, and for text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)
        else:
            self.text += data


def write(target: Path, page: str) -> None:
    (target / "index.html").write_text(page)
    (target / "manifest.json").write_text(json.dumps({"raw_code": SQL}))
    (target / "catalog.json").write_text(json.dumps({"nodes": {}}))


def test_sql_does_not_end_the_script(tmp_path: Path) -> None:
    write(tmp_path, PAGE)
    read = Scripts(docs_page(tmp_path))
    assert read.text == "after"
    manifest, catalog = re.fullmatch(r"n=\{m:(.*),c:(.*)\}", "".join(read.scripts)).groups()
    assert json.loads(manifest) == {"raw_code": SQL}
    assert json.loads(catalog) == {"nodes": {}}


def test_another_page_of_dbt_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "<script>n={}</script>")
    with pytest.raises(ValueError, match="no single place for manifest"):
        docs_page(tmp_path)


def test_the_overview_links_to_models_that_are_there() -> None:
    links = re.findall(r"#!/model/model\.penpal\.(\w+)", (ROOT / "models/overview.md").read_text())
    models = {path.stem for path in (ROOT / "models").rglob("*.sql")}
    assert len(links) > 10
    assert set(links) <= models
