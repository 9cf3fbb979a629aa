"""Learning rate and momentum as functions of the iteration, after the paper's toolchain.

Linear decay from the base rate to `final_fraction` of it over the epochs, by steps of one epoch; during
warm-up each iteration interpolates from 0 (biases: from `warmup_bias_lr`) to the decayed rate, and the
momentum from `warmup_momentum` to its base. Pure functions of the iteration: a resumed run needs no state.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The settings of a recipe's schedule; iterations are batches, not optimizer steps."""

    epochs: int
    final_fraction: float
    warmup_epochs: float
    warmup_min_iterations: int
    warmup_bias_lr: float
    warmup_momentum: float

    def warmup_iterations(self, iterations_per_epoch: int) -> int:
        """Batches of warm-up: `warmup_epochs`, and at least `warmup_min_iterations` when there is any."""
        if self.warmup_epochs <= 0:
            return 0
        return max(round(self.warmup_epochs * iterations_per_epoch), self.warmup_min_iterations)

    def decay(self, epoch: int) -> float:
        """Factor on the base rate in `epoch`, which counts from 0."""
        remaining = max(1 - epoch / self.epochs, 0.0)
        return remaining * (1 - self.final_fraction) + self.final_fraction

    def warmth(self, iteration: int, iterations_per_epoch: int) -> float:
        """Share of the warm-up that is done at `iteration`, from 0 to 1."""
        warmup = self.warmup_iterations(iterations_per_epoch)
        return 1.0 if iteration >= warmup else iteration / warmup

    def learning_rate(self, base: float, iteration: int, iterations_per_epoch: int, is_bias: bool) -> float:
        """Rate of a parameter group whose base rate is `base`."""
        start = self.warmup_bias_lr if is_bias else 0.0
        target = base * self.decay(iteration // iterations_per_epoch)
        return start + (target - start) * self.warmth(iteration, iterations_per_epoch)

    def momentum(self, base: float, iteration: int, iterations_per_epoch: int) -> float:
        """SGD's momentum, or Adam's first beta, whose base value is `base`."""
        start = self.warmup_momentum
        return start + (base - start) * self.warmth(iteration, iterations_per_epoch)

    def accumulation(self, batches: int, iteration: int, iterations_per_epoch: int) -> int:
        """Batches to sum gradients over before a step; grows from 1 to `batches` during warm-up."""
        return max(1, round(1 + (batches - 1) * self.warmth(iteration, iterations_per_epoch)))
