"""Tests of lga.data."""
