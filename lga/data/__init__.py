"""Datasets, one a file, their transforms and the data modules."""
