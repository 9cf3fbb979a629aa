"""What every task shares: manual optimization by a recipe, the moving average, and seeding by epoch.

Optimization is manual because accumulation grows during warm-up, which Lightning's automatic loop cannot.
"""

from abc import abstractmethod
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lga.tasks.moving_average import MovingAverage
from lga.tasks.optimization import Optimization


class BaseTask(pl.LightningModule):
    """Trains `model`, judges its moving average.

    Subclasses give `training_loss` and the evaluation steps.
    """

    def __init__(self, model: nn.Module, optimization: Optimization, seed: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = model
        self.optimization = optimization
        self.seed = seed
        self.average = MovingAverage(model, optimization.ema_decay, optimization.ema_ramp_steps)
        self._last_step_iteration = -1
        self._trained = [p for p in model.parameters() if p.requires_grad]

    @abstractmethod
    def training_loss(self, batch: Any) -> dict[str, Tensor]:
        """Scalars to log, with the one to descend under `loss`."""

    def configure_optimizers(self) -> Optimizer:
        """The recipe's optimizer over the trained model, not its average."""
        return self.optimization.build(self.model)

    def on_train_epoch_start(self) -> None:
        """Seeds by epoch, so that a resumed run draws what the undisturbed one would have."""
        torch.manual_seed(self.seed * 1_000_003 + self.current_epoch)

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """Forward, backward, and a step when enough batches are summed."""
        optimizer = self.optimizers()
        iterations = int(self.trainer.num_training_batches)
        iteration = self.current_epoch * iterations + batch_idx
        self.optimization.apply_schedule(optimizer, iteration, iterations)  # type: ignore[arg-type]
        losses = self.training_loss(batch)
        self.manual_backward(losses["loss"])
        if self._is_step(iteration, iterations, batch_idx):
            self._step(optimizer)  # type: ignore[arg-type]
        for name, value in losses.items():
            self.log(f"train/{name}", value.detach(), on_step=False, on_epoch=True, batch_size=len(batch))

    def _is_step(self, iteration: int, iterations: int, batch_idx: int) -> bool:
        batches = self.optimization.schedule.accumulation(
            self.optimization.accumulated_batches, iteration, iterations
        )
        # An epoch's last batch always steps, so that no gradient has to live in a checkpoint.
        due = iteration - self._last_step_iteration >= batches or batch_idx + 1 == iterations
        if due:
            self._last_step_iteration = iteration
        return due

    def _step(self, optimizer: Optimizer) -> None:
        self._clip_gradients(self.optimization.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        self.average.update(self.model)

    def _clip_gradients(self, largest: float) -> None:
        gradients = [p.grad for p in self._trained if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients, foreach=True)
        if norm.is_cuda or norm > largest:  # on a GPU asking would wait for it; scaling by 1 does not
            nn.utils.clip_grads_with_norm_(self._trained, largest, norm, foreach=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keeps where gradients were last applied."""
        checkpoint["last_step_iteration"] = self._last_step_iteration

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restores what `on_save_checkpoint` kept."""
        self._last_step_iteration = int(checkpoint["last_step_iteration"])
