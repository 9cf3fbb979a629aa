"""An attention block that takes memory in training, and gives it back at once."""

import torch
from torch import Tensor

from lga.attention import NoAttention

MIB = 256


class Heavy(NoAttention):
    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            torch.ones(MIB * 2**20, dtype=torch.uint8)
        return super().forward(features)
