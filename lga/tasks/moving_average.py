"""Exponential moving average of weights and buffers, whose decay grows with the updates made.

PyTorch's `AveragedModel` computes the same; it walks both modules in Python at every update, which cost a
tenth of a step of the paper's small networks, so the tensors are listed once here.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn


class MovingAverage(nn.Module):
    """A frozen copy of `model` that follows it; called, it is that copy.

    After n updates the old average is kept with weight `decay * (1 - exp(-n / ramp_steps))`.
    """

    updates: Tensor

    def __init__(self, model: nn.Module, decay: float, ramp_steps: float) -> None:
        super().__init__()
        self.module = deepcopy(model).requires_grad_(False)
        self.decay = decay
        self.ramp_steps = ramp_steps
        self.register_buffer("updates", torch.tensor(0))
        self._updates = 0  # the same, on the host: a read would wait for the device
        self._listed: list[list[Tensor]] | None = None  # at the first update, when both are on their device

    def forward(self, *arguments: Any) -> Any:
        """Return what the averaged module returns."""
        return self.module(*arguments)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move towards `model`, always the same one; the first update copies it."""
        averaged, current, counters, current_counters = self._tensors(model)
        torch._foreach_lerp_(averaged, current, 1 - decay_at(self._updates, self.decay, self.ramp_steps))
        if counters:
            torch._foreach_copy_(counters, current_counters)
        self.updates += 1
        self._updates += 1

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self._updates = int(self.updates)

    def _tensors(self, model: nn.Module) -> Sequence[list[Tensor]]:
        """Averaged and current tensors that are averaged, then those (step counters) that are copied."""
        if self._listed is None:
            ours = chain(self.module.parameters(), self.module.buffers())
            theirs = (tensor.detach() for tensor in chain(model.parameters(), model.buffers()))
            pairs = list(zip(ours, theirs, strict=True))
            floating = [pair for pair in pairs if pair[0].is_floating_point()]
            counters = [pair for pair in pairs if not pair[0].is_floating_point()]
            self._listed = [[pair[side] for pair in kind] for kind in (floating, counters) for side in (0, 1)]
        return self._listed


def decay_at(updates: int, decay: float, ramp_steps: float) -> float:
    """Weight of the old average at the given number of updates."""
    return decay * (1 - math.exp(-updates / ramp_steps))
