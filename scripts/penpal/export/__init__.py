"""Hand-over of rendered letters to whatever sends them (docs/sending.md)."""
