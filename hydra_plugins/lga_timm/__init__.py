"""Hydra's door to `backbone=timm/<name>` and `attention=timm/<name>`."""
