"""Freed blocks stay in the process, measured by page faults."""

import subprocess
import sys

COUNT = """
import resource, sys
from lga.run.machine.environment import keep_freed_memory
import numpy as np
if sys.argv[1] == "kept":
    keep_freed_memory()
for step in range(40):
    if step == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(48 << 20, np.uint8)  # above 32 MiB, from where glibc maps each block anew
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    command = [sys.executable, "-c", COUNT, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_large_block_is_used_again():
    """30 blocks of 48 MiB are 12,288 pages of 4 KiB each, or 24 huge pages."""
    assert faults("kept") < faults("given back") / 10
