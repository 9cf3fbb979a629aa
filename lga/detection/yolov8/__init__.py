"""YOLOv8's detector: neck, head, label assignment, loss and non-maximum suppression."""
