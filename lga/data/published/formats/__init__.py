"""Annotation formats that know of no set: from text to boxes."""
