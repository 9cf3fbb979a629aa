"""Image classification: cross-entropy, judged by top-1 and top-5 accuracy in percent."""

from collections.abc import Mapping
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from lga.structures import ImageBatch
from lga.tasks.base_task import BaseTask
from lga.tasks.devices import EpochMeans, gathered
from lga.tasks.optimization import Optimization
from lga.tasks.outcomes import Outcomes, classified


class ClassificationTask(BaseTask):
    """Trains a classifier (B, 3, H, W) -> (B, num_classes) and judges its moving average.

    `metrics` are torchmetrics' of logits and labels, by name, each one number from 0 to 1.
    """

    def __init__(
        self,
        model: nn.Module,
        optimization: Optimization,
        seed: int,
        class_names: list[str],
        label_smoothing: float = 0.0,
        metrics: Mapping[str, Metric] | None = None,
    ) -> None:
        super().__init__(model, optimization, seed)
        self.class_names = class_names
        self.label_smoothing = label_smoothing
        classes = len(class_names)
        self.accuracy = MetricCollection(
            {
                "top1": MulticlassAccuracy(classes, average="micro"),
                "top5": MulticlassAccuracy(classes, average="micro", top_k=min(5, classes)),
                **(metrics or {}),
            }
        )
        self.validated = self.tested = ("loss", *map(str, self.accuracy))
        self.accuracy_per_class = MulticlassAccuracy(classes, average="none")
        self.judged_means = EpochMeans()
        self.metrics_per_class: dict[str, dict[str, float]] = {}
        self._tested: list[Tensor] = []  # (images, 3): label, predicted class, probability of the label

    def training_loss(self, batch: ImageBatch) -> dict[str, Tensor]:
        """Mean cross-entropy over the batch."""
        logits = self.model(batch.images)
        return {"loss": F.cross_entropy(logits, batch.labels, label_smoothing=self.label_smoothing)}

    def validation_step(self, batch: ImageBatch, batch_idx: int) -> None:
        """Judges one batch of the split that selects the epoch."""
        self._judge(batch)

    def test_step(self, batch: ImageBatch, batch_idx: int) -> None:
        """Judges one batch of the split that the record reports."""
        if (logits := self._judge(batch)) is not None:
            self.accuracy_per_class.update(logits, batch.labels)
            probability = logits.float().softmax(1).gather(1, batch.labels[:, None])[:, 0]
            self._tested.append(torch.stack([batch.labels, logits.argmax(1), probability], 1).cpu())

    def outcomes(self) -> Outcomes:
        """Label, predicted class and probability of the label of each image."""
        return classified(torch.cat(self._tested).numpy())

    def on_test_epoch_start(self) -> None:
        """Forgets an earlier test."""
        super().on_test_epoch_start()
        self._tested = [torch.zeros(0, 3)]

    def on_validation_epoch_end(self) -> None:
        """Log the split's accuracies."""
        self._log_accuracy("val")

    def on_test_epoch_end(self) -> None:
        """Log the split's accuracies, and keep them per class."""
        self._log_accuracy("test")
        values = self.accuracy_per_class.compute().tolist()
        self.metrics_per_class = {
            name: {"top1": 100 * value} for name, value in zip(self.class_names, values, strict=True)
        }
        self.accuracy_per_class.reset()
        self._tested = list(chain(*gathered(self._tested)))

    @torch.no_grad()
    def _judge(self, batch: ImageBatch) -> Tensor | None:
        """Logits of a batch, now judged; None of one that another device judges."""
        if not self.counted(batch):
            self.judged_means.add({"loss": torch.zeros((), device=self.device)}, 0)
            return None
        logits: Tensor = self.average(batch.images)
        self.accuracy.update(logits, batch.labels)
        self.judged_means.add({"loss": F.cross_entropy(logits, batch.labels)}, len(batch))
        return logits

    def _log_accuracy(self, split: str) -> None:
        accuracies = {name: 100 * value for name, value in self.accuracy.compute().items()}
        values = {**self.judged_means.compute(), **accuracies}
        self.log_dict({f"{split}/{name}": value for name, value in values.items()})
        self.accuracy.reset()
