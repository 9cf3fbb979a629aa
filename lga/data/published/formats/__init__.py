"""Annotation formats: one a file, from text to `WrittenSplit`, with no knowledge of any set."""
