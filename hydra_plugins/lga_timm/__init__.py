"""Hydra's door to `backbone=timm/<name>`."""
