"""Tests of `lga.detection.judging.native`."""
