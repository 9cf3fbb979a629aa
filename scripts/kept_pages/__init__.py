"""The files that this repository keeps, made of kept records alone."""
