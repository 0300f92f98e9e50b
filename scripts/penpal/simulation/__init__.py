"""Decisions over past time, replayed on a scratch copy of a warehouse."""
