"""Run a sweep's jobs on SLURM."""
