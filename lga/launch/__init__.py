"""Run a sweep's jobs: on this machine, or on SLURM."""
