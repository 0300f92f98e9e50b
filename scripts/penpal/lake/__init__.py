"""Reads the text files of the lake: every record becomes a row, or a row that says why not."""
