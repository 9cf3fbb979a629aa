"""What the paper's tables take at full scale on machines that are not at hand: hours, disk, memory, cost."""
