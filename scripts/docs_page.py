"""Make one page of dbt's documentation that opens from the disk, target/docs.html.

    python scripts/docs_page.py

Reads what `dbt parse` and `dbt docs generate --no-compile` leave in target/. dbt's own --static
puts the JSON files into the page as they are: a `</script>` in any SQL file then ends the script.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def docs_page(target: Path) -> str:
    """dbt's page with its data inside; every `<` of the data is written as JSON's \\u003c."""
    page = (target / "index.html").read_text(encoding="utf-8")
    for kind in ("manifest", "catalog"):
        place = f'"{kind.upper()}.JSON INLINE DATA"'
        if page.count(place) != 1:
            raise ValueError(f"{target}/index.html has no single place for {kind}.json.")
        data = (target / f"{kind}.json").read_text(encoding="utf-8")
        page = page.replace(place, data.replace("<", "\\u003c"))
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", type=Path, default=Path("target"), help="dbt's target folder")
    target = parser.parse_args().target.resolve()
    (target / "docs.html").write_text(docs_page(target), encoding="utf-8")
    print(f"Open {(target / 'docs.html').as_uri()}")


if __name__ == "__main__":
    main()
