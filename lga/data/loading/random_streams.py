"""Seeds of independent random streams, so that no draw depends on what was drawn before it.

Every draw of the data side, and of an attention block's first weights, comes from a stream named by (kind,
seed, ...). A resumed run therefore sees the same batches as one that was never stopped, and the global random
state is neither read nor changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """What a stream is drawn for."""

    ORDER = 0
    AFFINE = 1
    PAPER = 2
    DETECTION = 3
    TRAIN_SHARE = 4
    SLOT = 5


def stream_seed(stream: Stream, *key: int) -> int:
    """Return the 32-bit seed of one stream; ``key`` holds the run's seed, the epoch and so on, all >= 0."""
    return int(np.random.SeedSequence((int(stream), *key)).generate_state(1)[0])


def generator(stream: Stream, *key: int) -> torch.Generator:
    """Return a CPU generator at the start of one stream."""
    return torch.Generator().manual_seed(stream_seed(stream, *key))


@contextmanager
def kept_global_state() -> Iterator[torch.Generator]:
    """Lend the global CPU generator to code that takes no other one, and put its state back afterwards.

    Only the CPU's generator is lent: `torch.manual_seed` would also reseed those of the accelerators.
    """
    state = torch.default_generator.get_state()
    try:
        yield torch.default_generator
    finally:
        torch.default_generator.set_state(state)
