"""Image classification: cross-entropy, judged by top-1 and top-5 accuracy in percent."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from lga.structures import ImageBatch
from lga.tasks.base_task import BaseTask
from lga.tasks.optimization import Optimization


class ClassificationTask(BaseTask):
    """Trains a classifier (B, 3, H, W) -> (B, num_classes) and judges its moving average."""

    def __init__(
        self,
        model: nn.Module,
        optimization: Optimization,
        seed: int,
        class_names: list[str],
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(model, optimization, seed)
        self.class_names = class_names
        self.label_smoothing = label_smoothing
        classes = len(class_names)
        self.accuracy = MetricCollection(
            {
                "top1": MulticlassAccuracy(classes, average="micro"),
                "top5": MulticlassAccuracy(classes, average="micro", top_k=min(5, classes)),
            }
        )
        self.accuracy_per_class = MulticlassAccuracy(classes, average="none")
        self.metrics_per_class: dict[str, dict[str, float]] = {}

    def training_loss(self, batch: ImageBatch) -> dict[str, Tensor]:
        """Mean cross-entropy over the batch."""
        logits = self.model(batch.images)
        return {"loss": F.cross_entropy(logits, batch.labels, label_smoothing=self.label_smoothing)}

    def validation_step(self, batch: ImageBatch, batch_idx: int) -> None:
        """Judges one batch of the split that selects the epoch."""
        self._judge(batch, "val")

    def test_step(self, batch: ImageBatch, batch_idx: int) -> None:
        """Judges one batch of the split that the record reports."""
        logits = self._judge(batch, "test")
        self.accuracy_per_class.update(logits, batch.labels)

    def on_validation_epoch_end(self) -> None:
        """Logs the split's accuracies."""
        self._log_accuracy("val")

    def on_test_epoch_end(self) -> None:
        """Logs the split's accuracies, and keeps them per class."""
        self._log_accuracy("test")
        values = self.accuracy_per_class.compute().tolist()
        self.metrics_per_class = {
            name: {"top1": 100 * value} for name, value in zip(self.class_names, values, strict=True)
        }
        self.accuracy_per_class.reset()

    def _judge(self, batch: ImageBatch, split: str) -> Tensor:
        with torch.no_grad():
            logits: Tensor = self.average(batch.images)
        self.accuracy.update(logits, batch.labels)
        loss = F.cross_entropy(logits, batch.labels)
        self.log(f"{split}/loss", loss, on_step=False, on_epoch=True, batch_size=len(batch))
        return logits

    def _log_accuracy(self, split: str) -> None:
        values = self.accuracy.compute()
        self.log_dict({f"{split}/{name}": 100 * value for name, value in values.items()})
        self.accuracy.reset()
