"""The styles that the lint computes are those of a browser: colour and size of each element."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

from penpal.lint.page import Page
from penpal.lint.styles import Environment
from penpal.lint.values import hexadecimal

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
PAGES = ("styles.html", "letter.html")
LIST = """<script>
onload = function () {
  var out = [];
  document.querySelectorAll('body *').forEach(function (e) {
    var style = getComputedStyle(e);
    if (e.tagName != 'SCRIPT') out.push([e.tagName.toLowerCase(), style.color, style.fontSize]);
  });
  document.body.innerHTML = '<pre id="list">' + JSON.stringify(out) + '</pre>';
};
</script></body>"""


@pytest.mark.skipif(not BROWSER, reason="needs Chromium")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "environment",
    [Environment(800), Environment(500, dark=True)],
    ids=["light, wide", "dark, narrow"],
)
def test_styles_are_those_of_a_browser(page: str, environment: Environment, tmp_path: Path) -> None:
    source = (ROOT / "tests/fixtures/lint" / page).read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(source.replace("</body>", LIST), encoding="utf-8")
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--window-size={environment.width},900", "--virtual-time-budget=2000"]
    command += [f"--blink-settings=preferredColorScheme={0 if environment.dark else 1}"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"file://{tmp_path / 'page.html'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    listed = html.unescape(re.search(r'<pre id="list">(.*?)</pre>', done.stdout, re.DOTALL)[1])

    ours, styles = [], Page(source).styles(environment)
    for element, style in styles.items():
        if next(element.iterancestors("body"), None) is not None:
            ours.append((element.tag, hexadecimal(style.color), round(style.size)))
    theirs = []
    for tag, colour, size in json.loads(listed):
        parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
        theirs.append(
            (tag, "#" + "".join(f"{part:02x}" for part in parts), round(float(size[:-2])))
        )
    assert len(ours) > 10
    assert ours == theirs
