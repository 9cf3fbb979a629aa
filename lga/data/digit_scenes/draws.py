"""A scene's own random numbers, made of uniform draws alone: numpy may change how it derives others."""

import numpy as np


class Draws:
    """Uniform draws of PCG64 seeded by a key of whole numbers, each >= 0."""

    def __init__(self, *key: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * float(self._generator.random())

    def below(self, count: int) -> int:
        """Return a whole number from 0 to count - 1."""
        return int(self.uniform(0, count))

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self.uniform() < probability
