"""Tests of fetching, unpacking and placing data."""
