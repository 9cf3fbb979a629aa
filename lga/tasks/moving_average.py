"""Exponential moving average of weights and buffers, whose decay grows with the steps taken."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class MovingAverage(AveragedModel):
    """A copy of `model` that follows it with decay `decay * (1 - exp(-n / ramp_steps))` after n updates."""

    def __init__(self, model: nn.Module, decay: float, ramp_steps: float) -> None:
        def average(averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor | int) -> None:
            weight = 1 - decay_at(int(updates), decay, ramp_steps)
            if averaged[0].is_floating_point():
                torch._foreach_lerp_(list(averaged), list(current), weight)
            else:  # step counters of batch norms
                torch._foreach_copy_(list(averaged), list(current))

        super().__init__(model, multi_avg_fn=torch.no_grad()(average), use_buffers=True)
        self.requires_grad_(False)


def decay_at(updates: int, decay: float, ramp_steps: float) -> float:
    """Weight of the old average at the given number of updates."""
    return decay * (1 - math.exp(-updates / ramp_steps))
