"""Segments, as a warehouse tells of them: why a customer is in one or not."""
