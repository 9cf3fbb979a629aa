"""What a run asks of its machine: versions, console, failures, a network's cost."""
