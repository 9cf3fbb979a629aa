"""Annotation formats: one a file, from text to `Annotations`, with no knowledge of any set."""
