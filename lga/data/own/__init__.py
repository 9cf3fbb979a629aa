"""Data sets of one's own, in the formats that others write; classes and parts come from the files."""
