"""DuckDB's plain copy of a lake, a process of its own.

    PYTHONPATH=scripts python -m penpal.benchmark.plain_copy LAKE DATABASE

Prints the number of rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from penpal.benchmark.shop_lake import plain_copy

if __name__ == "__main__":
    print(plain_copy(Path(sys.argv[1]), Path(sys.argv[2])))
