"""An attention block that takes its time, and none of the processor's."""

import time

from torch import Tensor

from lga.attention import NoAttention


class Slow(NoAttention):
    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            time.sleep(0.1)
        return super().forward(features)
