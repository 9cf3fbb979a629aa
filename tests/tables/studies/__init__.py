"""Mirrors lga/tables/studies."""
