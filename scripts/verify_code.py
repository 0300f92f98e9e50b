"""Is this code of an offer one of ours? Asks the secret alone: no network, no list.

    python scripts/verify_code.py 'k7qf-2mxb 9trw-4hpd'
    python scripts/verify_code.py K7QF-2MXB-9TRW-4HPD --offer birthday --customer ID --occasion 2026

The first tells whether a letter of ours can have shown it, however it was typed. The second also
whether it is that of this offer, customer (the id at the time; marts.offer_redemptions knows who it
is now) and occasion. PENPAL_SECRET signs codes; all secrets in it, separated by commas, are tried.
"""

from __future__ import annotations

import argparse

from penpal import settings
from penpal.letters.offers import Codes
from penpal.settings import Settings, UserError
from penpal.terminal import shown


def known_secret(paths: Settings) -> str:
    """The secret that codes were made with; unlike the renderer this makes none."""
    if paths.secret:
        return paths.secret
    if paths.secret_file.exists():
        return paths.secret_file.read_text(encoding="utf-8").strip()
    raise UserError(
        f"Set PENPAL_SECRET to what letters are signed with: {paths.secret_file} is not there."
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit code: 0 it is, 1 it is not, 2 could not run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("code", help="as a customer typed it")
    about = ("offer", "customer", "occasion")
    for name in about:
        parser.add_argument(f"--{name}", help=f"the {name} that it should be for")
    options = parser.parse_args(arguments)
    given = [getattr(options, name) is not None for name in about]
    if any(given) and not all(given):
        parser.error("give --offer, --customer and --occasion together")
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    codes = Codes(*known_secret(settings.load()).split(","))
    code = shown(options.code)
    if options.offer is None:
        ours = codes.is_ours(options.code)
        print(f"{code} is {'one of ours' if ours else 'no code of ours'}.")
    else:
        about = (options.offer, options.customer, options.occasion)
        ours = codes.is_for(options.code, *about)
        told = ", ".join(map(shown, about))
        print(f"{code} is {'' if ours else 'not '}the code of {told}.")
    return settings.EXIT_DONE if ours else settings.EXIT_CHECK_FAILED


if __name__ == "__main__":
    settings.run(main)
