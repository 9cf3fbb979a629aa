"""Generators of small data trees in the layouts of the real sets."""
