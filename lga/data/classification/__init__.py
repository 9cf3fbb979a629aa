"""Read, augment and batch images that have one label each."""
