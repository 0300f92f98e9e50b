"""Predictions from the days on which customers order: see docs/predictions.md."""
