"""Parts of scripts/bench_identity.py: both systems on the same contacts, judged by one truth."""
