"""A run's folder: its lock, record and checkpoints."""
