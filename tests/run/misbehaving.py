"""Attention blocks that end their job in every way there is."""

import ctypes
import os
import signal
import sys

from lga.attention import NoAttention


class Raises(NoAttention):
    def __init__(self, channels: int) -> None:
        raise RuntimeError("raised on purpose")


class Exits(NoAttention):
    def __init__(self, channels: int) -> None:
        sys.exit(3)


class Segfaults(NoAttention):
    def __init__(self, channels: int) -> None:
        ctypes.string_at(0)


class IsKilled(NoAttention):
    def __init__(self, channels: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
