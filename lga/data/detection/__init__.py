"""Detection data: what a reader gives, how it is checked and kept, and how batches are made of it."""
