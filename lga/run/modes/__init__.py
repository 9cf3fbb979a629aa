"""The modes of run.py other than training."""
