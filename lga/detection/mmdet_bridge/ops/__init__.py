"""Serve mmcv's compiled operators from torchvision and plain torch."""
