"""Attention blocks that end their job in every way there is."""

import ctypes
import os
import signal
import sys

import torch.distributed as dist
from torch import Tensor

from lga.attention import NoAttention
from lga.system.errors import UserError


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


class SecondRank(NoAttention):
    """Misbehaves in the training of the second of several devices alone."""

    def forward(self, features: Tensor) -> Tensor:
        if self.training and dist.is_initialized() and dist.get_rank() == 1:
            self.misbehave()
        return super().forward(features)

    def misbehave(self) -> None:
        raise RuntimeError("raised on purpose\non a second line")


class SecondRankIsKilled(SecondRank):
    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class SecondRankRefuses(SecondRank):
    def misbehave(self) -> None:
        raise UserError("here is what to do")
