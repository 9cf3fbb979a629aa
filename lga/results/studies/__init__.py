"""Experiments of this project's own, that no published number stands beside: attention against none."""
