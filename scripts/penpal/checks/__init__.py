"""What check_data.py checks: the raw contract, the promises of the marts, and how GX runs them."""

import os
import sys

# Both are read while GX is imported, which the modules of this package do.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# GX imports Spark where it is installed; nothing here needs it, and it takes a second.
sys.modules.setdefault("pyspark", None)
