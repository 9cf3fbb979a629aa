"""Reads run records and shows them: collect, compare, render."""
