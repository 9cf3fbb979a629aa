"""Hydra's door to SLURM."""
