"""What every task shares: manual optimization by a recipe, the moving average, and seeding by epoch.

Optimization is manual because accumulation grows during warm-up, which Lightning's automatic loop cannot.

On several devices each takes its share of every batch. Losses and gradients are the whole batch's, but for
rounding and for batch norm, whose statistics in training are each device's own; those kept for judging are
the first device's, as is the whole moving average that is judged.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lga.data.loading.batch_order import BatchShare
from lga.data.loading.sharding import BatchOfShare
from lga.tasks.devices import EpochMeans, copy_from_first, sum_over_devices
from lga.tasks.moving_average import MovingAverage
from lga.tasks.optimization import Optimization
from lga.tasks.outcomes import Outcomes


class BaseTask(pl.LightningModule):
    """Trains `model`, judges its moving average.

    Subclasses give `training_loss`, the evaluation steps and `outcomes`.

    Attributes:
        share: which part of a divided batch the batch at hand is; None where it is whole.
        validated: patterns of the metrics' names after each epoch, by which one can be chosen.
        tested: those of a test, one of which is the score.
    """

    validated: Sequence[str] = ("*",)
    tested: Sequence[str] = ("*",)

    def __init__(self, model: nn.Module, optimization: Optimization, seed: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = model
        self.optimization = optimization
        self.seed = seed
        self.average = MovingAverage(model, optimization.ema_decay, optimization.ema_ramp_steps)
        self.training_means = EpochMeans()
        self.share: BatchShare | None = None
        self._last_step_iteration = -1
        self._trained = [p for p in model.parameters() if p.requires_grad]

    @abstractmethod
    def training_loss(self, batch: Any) -> dict[str, Tensor]:
        """Scalars to log, with the one to descend under `loss`.

        Of a device's share of a batch they are such that their means by the shares' weights are those of the
        whole batch.
        """

    @abstractmethod
    def outcomes(self) -> Outcomes:
        """Return what became of each image of the last test; of several devices all images, once."""

    def configure_optimizers(self) -> Optimizer:
        """Return the recipe's optimizer over the trained model, not its average."""
        return self.optimization.build(self.model)

    def on_train_epoch_start(self) -> None:
        """Seeds by epoch, so that a resumed run draws what the undisturbed one would have."""
        torch.manual_seed(self.seed * 1_000_003 + self.current_epoch + self.global_rank * 2**40)
        self.training_means.reset()

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Take a batch from its share, which is kept beside it."""
        batch, self.share = batch if isinstance(batch, BatchOfShare) else (batch, None)
        return batch

    def counted(self, batch: Any) -> int:
        """Return the number of images of the batch at hand that no other device has."""
        return len(batch) if self.share is None or self.share.counts else 0

    def on_validation_epoch_start(self) -> None:
        """All devices judge one network."""
        copy_from_first(self.average)

    def on_test_epoch_start(self) -> None:
        """All devices judge one network."""
        copy_from_first(self.average)

    def training_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Forward, backward, and a step when enough batches are summed; gives its losses to callbacks."""
        optimizer = self.optimizers()
        iterations = int(self.trainer.num_training_batches)
        iteration = self.current_epoch * iterations + batch_idx
        self.optimization.apply_schedule(optimizer, iteration, iterations)  # type: ignore[arg-type]
        losses = self.training_loss(batch)
        weight = 1.0 if self.share is None else self.share.weight
        self.manual_backward(losses["loss"] if weight == 1 else weight * losses["loss"])
        if self._is_step(iteration, iterations, batch_idx):
            self._step(optimizer)  # type: ignore[arg-type]
        self.training_means.add(losses, self.counted(batch))
        if batch_idx + 1 == iterations:
            means = self.training_means.compute()
            named = {f"train/{name}": mean for name, mean in means.items()}
            self.log_dict(named, on_step=False, on_epoch=True, batch_size=1)
        return {name: loss.detach() for name, loss in losses.items()}

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
        sum_over_devices([p.grad for p in self._trained if p.grad is not None])
        self._clip_gradients(self.optimization.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        self.average.update(self.model)

    def _clip_gradients(self, largest: float) -> None:
        gradients = [p.grad for p in self._trained if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients, foreach=True)
        if not norm.is_cpu or norm > largest:  # on a GPU asking would wait for it; scaling by 1 does not
            nn.utils.clip_grads_with_norm_(self._trained, largest, norm, foreach=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep where gradients were last applied."""
        checkpoint["last_step_iteration"] = self._last_step_iteration

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restores what `on_save_checkpoint` kept."""
        self._last_step_iteration = int(checkpoint["last_step_iteration"])
