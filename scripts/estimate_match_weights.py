"""How records of one person agree in your data: estimates seeds/rules/match_weights.csv.

    python scripts/estimate_match_weights.py
    python scripts/estimate_match_weights.py --write
    python scripts/estimate_match_weights.py --out weights.csv

Reads the warehouse that `dbt build` has made; nobody has to label anything. For every comparison
and level it estimates how often two records of one person agree so, how often two random people do,
and how often two people of one household do; scripts/penpal/identity/matching/em.py tells the
method. The generic weights (generic_weights.csv beside it) are where it begins and count like a few
pairs, so that what the data shows rarely or never keeps a sensible weight. To return to them, copy
that file over the seed.

Prints the weights and how well they fit; --write puts them into the seed, --out into another file.
Too little data keeps the generic weights: nothing is written then, and the exit code is 0.

Exit codes: 0 done; 2 could not run (no warehouse, identity not built); 3 the warehouse is locked.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from penpal import settings
from penpal.files import check_writable, write_whole
from penpal.identity.matching.counts import check_built, read_counts
from penpal.identity.matching.estimate import estimate
from penpal.identity.matching.queries import compiled
from penpal.identity.matching.report import report
from penpal.identity.matching.weights import GENERIC, read_weights, weights_text

SEED = settings.ROOT / "seeds" / "rules" / "match_weights.csv"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--write", action="store_true", help="write the seed match_weights.csv")
    target.add_argument("--out", type=Path, metavar="FILE", help="write the weights to FILE")
    parser.add_argument(
        "--vars", default="{}", metavar="YAML", help="the dbt vars that the warehouse is built with"
    )
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    target = SEED if options.write else options.out
    if target:
        check_writable(target)
    generic = read_weights(GENERIC)
    warehouse = settings.load().warehouse
    with settings.connect(warehouse, read_only=True) as connection:
        check_built(connection)
    if sys.stderr.isatty():
        print("Counting how pairs of profiles agree …", file=sys.stderr)
    queries = compiled("linked_comparisons", "random_comparisons", options=("--vars", options.vars))
    with settings.connect(warehouse, read_only=True) as connection:
        counts = read_counts(connection, generic, queries)
    found = estimate(counts, generic)
    objection = found.objection(counts)
    if objection:
        print(f"Generic weights kept, nothing is written: {objection}.")
        return settings.EXIT_DONE
    print("\n".join(report(counts, found)))
    if not target:
        print("\nNothing is written: --write puts these weights into the seed match_weights.")
        return settings.EXIT_DONE
    write_whole(target, weights_text(found.weights))
    print(f"\nWritten: {target}")
    if options.write:
        print("Next: `dbt build -s match_weights+`; customers then change where identity does.")
    return settings.EXIT_DONE


if __name__ == "__main__":
    settings.run(main)
