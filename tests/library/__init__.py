"""The library: each example of docs/python.md, and what it refuses."""
