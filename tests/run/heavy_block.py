"""An attention block that takes memory in training, and gives it back at once."""

from mmap import MAP_PRIVATE, PAGESIZE, mmap

from torch import Tensor

from lga.attention import NoAttention

MIB = 256


class Heavy(NoAttention):
    """Asks the system itself: what the allocator has once, it may keep and still ask for more."""

    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            with mmap(-1, MIB * 2**20, flags=MAP_PRIVATE) as memory:
                memory[::PAGESIZE] = bytes(len(memory) // PAGESIZE)
        return super().forward(features)
