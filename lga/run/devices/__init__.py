"""Choose devices, and start a process for each."""
