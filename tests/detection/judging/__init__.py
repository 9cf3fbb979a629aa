"""Mirrors lga/detection/judging."""
