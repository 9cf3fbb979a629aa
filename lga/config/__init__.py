"""Compose, check and freeze a run's configuration."""
