"""Where multiprocessing puts its sockets, which processes use to hand each other files and shared memory.

That is a folder in TMPDIR. The path of a socket has at most 107 bytes (unix(7); 103 on macOS), of which
`/pymp-xxxxxxxx/listener-xxxxxxxx` takes 32: beneath a longer TMPDIR, as some clusters have it, a sweep's
processes cannot start, and a loader's workers wait for ever.
"""

import os
import tempfile
from multiprocessing import util

LONGEST = 103 - 32
SHORT = "/tmp"


def make_room_for_sockets() -> None:
    """Puts the sockets of this process and of those that it starts into /tmp where TMPDIR is too long."""
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) <= LONGEST:
        return
    tempfile.tempdir = SHORT
    try:
        util.get_temp_dir()  # made once, then kept and handed on
    finally:
        tempfile.tempdir = usual
