"""Hydra's door to the launcher of `lga.run`."""
