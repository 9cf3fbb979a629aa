"""Mirrors lga/detection/mmdet_bridge."""
