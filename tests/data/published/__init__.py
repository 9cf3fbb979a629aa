"""Tests of the readers of published detection sets."""
