"""Parts of scripts/generate_data.py: a fictional stationery shop with ground truth."""
