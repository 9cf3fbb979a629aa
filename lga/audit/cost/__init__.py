"""What each attention costs: parameters, operations, time and memory, alone and inside the networks."""
