"""Show every letter as every persona reads it: one page, to open in a browser from the disk.

Renders the letters of emails/ as they are now, for the readers of penpal/letters/personas.py, in
every language they are written in: on phone and desktop, in light, dark and inverted colours, with
plain text, what the lint finds, and links to the files to edit. Needs no warehouse.
"""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from penpal import settings
from penpal.letters import gallery, shop
from penpal.settings import UserError


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("letters", nargs="*", metavar="LETTER", help="these alone (default: all)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the page here (default: gallery.html in the preview of the warehouse)",
    )
    parser.add_argument(
        "--lint",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="say what the lint finds (takes most of the time)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    root, the_shop = settings.EMAILS, shop.load()
    known = gallery.names(root)
    for name in options.letters:
        if name not in known:
            raise UserError(f"There is no letter {name} in {root}: there are {', '.join(known)}.")
    path = options.out or settings.load().preview / "gallery.html"
    letters = gallery.gallery(the_shop, root, options.letters or known, lint=options.lint)
    gallery.write(path, letters, the_shop, root)
    print(f"{gallery.counted(letters)}\nLook at them: {path}")
    if options.open:
        webbrowser.open(path.resolve().as_uri())
    is_bad = gallery.count(letters, "error") or any("refused" in one for one in letters)
    return settings.EXIT_CHECK_FAILED if is_bad else settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
