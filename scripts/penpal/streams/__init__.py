"""Events from a stream into the lake: at least once, a file a batch (docs/streams.md)."""
