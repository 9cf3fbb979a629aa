"""Fetching of published data: download, safe extraction, and putting it where the readers look."""
