"""Which parameters decay, and the optimizer that a schedule drives, after the paper's toolchain.

Weight decay applies to weights only, never to biases, norms or scalars; frozen parameters are left out. Rates
fall linearly to `final_fraction` of the base over the epochs, by steps of one epoch; during warm-up each
iteration interpolates from 0 (biases: from `warmup_bias_lr`) to the decayed rate, and the momentum from
`warmup_momentum` to its base. Pure functions of the iteration: a resumed run needs no state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer


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


NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)


@dataclass(frozen=True)
class Optimization:
    """Everything of a recipe that moves weights.

    `optimizer` is called with parameter groups; `nominal_batch_size` is reached by accumulating gradients;
    `clip_norm` bounds the gradient's L2 norm; the moving average's decay after n steps is
    `ema_decay * (1 - exp(-n / ema_ramp_steps))`.
    """

    optimizer: Callable[[list[dict[str, Any]]], Optimizer]
    schedule: Schedule
    batch_size: int
    nominal_batch_size: int
    weight_decay: float
    clip_norm: float
    ema_decay: float
    ema_ramp_steps: float

    @property
    def accumulated_batches(self) -> int:
        """Batches in one optimizer step once warm."""
        return max(round(self.nominal_batch_size / self.batch_size), 1)

    def build(self, model: nn.Module) -> Optimizer:
        """Return the optimizer of `model`'s parameter groups, each marked with its base rate and momentum."""
        decay = self.weight_decay * self.batch_size * self.accumulated_batches / self.nominal_batch_size
        optimizer = self.optimizer(parameter_groups(model, decay))
        for group in optimizer.param_groups:
            group["base_lr"] = group["lr"]
            group["base_momentum"] = group["momentum"] if "momentum" in group else group["betas"][0]
        return optimizer

    def apply_schedule(self, optimizer: Optimizer, iteration: int, iterations_per_epoch: int) -> None:
        """Set every group's rate and momentum for `iteration`."""
        for group in optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate(
                group["base_lr"], iteration, iterations_per_epoch, group["is_bias"]
            )
            momentum = self.schedule.momentum(group["base_momentum"], iteration, iterations_per_epoch)
            if "momentum" in group:
                group["momentum"] = momentum
            else:
                group["betas"] = (momentum, group["betas"][1])


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Biases, other undecayed parameters, and weights, as optimizer groups; empty ones are left out."""
    biases, undecayed, weights = [], [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.requires_grad:
                continue
            if name.endswith("bias"):
                biases.append(parameter)
            elif isinstance(module, NORMS) or parameter.ndim == 0:
                undecayed.append(parameter)
            else:
                weights.append(parameter)
    groups = [
        {"params": biases, "weight_decay": 0.0, "is_bias": True},
        {"params": undecayed, "weight_decay": 0.0, "is_bias": False},
        {"params": weights, "weight_decay": weight_decay, "is_bias": False},
    ]
    return [group for group in groups if group["params"]]
