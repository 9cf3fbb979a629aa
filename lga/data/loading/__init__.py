"""Order, divide and load batches, whatever they hold."""
