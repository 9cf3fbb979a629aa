"""Object detection: the detector's own loss, judged by mean average precision by several protocols.

Every metric's name begins with its protocol's. `paper` is judged after every epoch; `coco`, the dataset's own
protocol, `native`, and further ones, which take longer and choose nothing, on the test split alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from lga.data.detection.splits import DetectionSource
from lga.detection.judging import (
    Collector,
    JudgedImage,
    Judgement,
    WholeImages,
    curves,
    evaluate_coco,
    in_original_pixels,
    judge_by_paper,
    whole_images,
)
from lga.detection.yolov8.loss import LossSums
from lga.structures import DetectionBatch, Detections
from lga.system.errors import UserError
from lga.tasks.base_task import BaseTask
from lga.tasks.devices import sum_over_devices
from lga.tasks.optimization import Optimization
from lga.tasks.outcomes import Outcomes, detected

Judging = Callable[[WholeImages], Judgement]
PAPER_METRICS = ("paper/map50", "paper/map50_95", "paper/fitness")
COCO_METRICS = tuple(
    f"coco/{name}" for name in ("map", "map50", "map75", "map_small", "map_medium", "map_large", "mar")
)


class DetectionModel(Protocol):
    """All that the task knows of a detector."""

    def loss(self, batch: DetectionBatch) -> LossSums | dict[str, Tensor]:
        """Return sums and their norm; or scalars, the one to minimise as `total` and its terms.

        A model of the second kind cannot be trained on several devices.
        """

    def predict(self, images: Tensor) -> list[Detections]:
        """Return the detections of each image (B, 3, H, W), in its pixels."""


class DetectionTask(BaseTask):
    """Trains a `DetectionModel` and judges its moving average, in pixels of the original images.

    After a test `metrics_per_class` and `curves` hold what cannot be logged; each test step returns its
    `JudgedImage`s under `images`. Its data module says in `judged` what is on the images of the test.

    Args:
        model: a `DetectionModel`.
        optimization: of its training.
        seed: of the run.
        class_names: in the order of their labels.
        native: the dataset's own protocol; None where it has none.
        metrics: further protocols, by the name that their numbers begin with.
    """

    def __init__(
        self,
        model: nn.Module,
        optimization: Optimization,
        seed: int,
        class_names: list[str],
        native: Judging | None = None,
        metrics: Mapping[str, Judging] | None = None,
    ) -> None:
        super().__init__(model, optimization, seed)
        self.class_names = class_names
        self.protocols = {**({} if native is None else {"native": native}), **(metrics or {})}
        self.validated = PAPER_METRICS
        self.tested = (*PAPER_METRICS, *COCO_METRICS, *(f"{name}/*" for name in self.protocols))
        self.collector = Collector()
        self.metrics_per_class: dict[str, dict[str, float]] = {}
        self.curves: dict[str, Any] = {}
        self._found: WholeImages | None = None

    def training_loss(self, batch: DetectionBatch) -> dict[str, Tensor]:
        """Return the detector's loss and its terms."""
        found = cast(DetectionModel, self.model).loss(batch)
        if isinstance(found, LossSums):
            terms = self._divided(found)
        elif self.share is None:
            terms = dict(found)
        else:
            raise UserError(
                "trainer.devices: this detector divides its loss by what its own device has of a batch, so "
                "that several would not give the loss of the whole batch; set trainer.devices=1"
            )
        return {"loss": terms.pop("total"), **terms}

    def _divided(self, found: LossSums) -> dict[str, Tensor]:
        """Terms and total of a batch; of a share, such that their means by weight are the whole batch's."""
        if self.share is None:
            return found.divided()
        norm = found.norm * float(self.share.counts)
        sum_over_devices([norm])
        whole = found._replace(norm=norm, images=self.share.whole)
        return whole.divided(self.share.weight or 1.0)  # what has no weight is not to be divided by 0

    def validation_step(self, batch: DetectionBatch, batch_idx: int) -> None:
        """Judges one batch of the split that selects the epoch."""
        self._judge(batch)

    def test_step(self, batch: DetectionBatch, batch_idx: int) -> dict[str, list[JudgedImage]]:
        """Judges one batch of the split that the record reports."""
        return {"images": self._judge(batch)}

    def outcomes(self) -> Outcomes:
        """Return what was found, on whole images."""
        if self._found is None:
            raise RuntimeError("nothing was tested yet")
        return detected(self._found)

    def on_validation_epoch_end(self) -> None:
        """Log what the `paper` protocol measures."""
        self._log("val", judge_by_paper(self.collector.compute()))
        self.collector.reset()

    def on_test_epoch_end(self) -> None:
        """Log what the protocols measure, and keep it per class."""
        collected = self.collector.compute()
        judged: DetectionSource = self.trainer.datamodule.judged  # type: ignore[attr-defined]
        found = whole_images(collected, judged.truth, judged.views)
        coco = evaluate_coco(found)
        self._found = found
        judgements = [judge_by_paper(collected), coco.judgement]
        judgements += [protocol(found).named(name) for name, protocol in self.protocols.items()]
        for judgement in judgements:
            self._log("test", judgement)
        self.metrics_per_class = {
            name: {metric: value for j in judgements for metric, value in j.per_class.get(label, {}).items()}
            for label, name in enumerate(self.class_names)
        }
        self.curves = curves(found, coco, self.class_names)
        self.collector.reset()

    @torch.no_grad()
    def _judge(self, batch: DetectionBatch) -> list[JudgedImage]:
        if not self.counted(batch):  # another device judges it
            self.collector.update([])
            return []
        found = cast(DetectionModel, self.average.module).predict(batch.images)
        judged = in_original_pixels(batch, found)
        self.collector.update(judged)
        return judged

    def _log(self, split: str, judgement: Judgement) -> None:
        self.log_dict({f"{split}/{name}": value for name, value in judgement.metrics.items()})
