"""How long a network's images take on this machine: from finished runs of it, else from a few measured steps.

Times are of the whole machine, or of one GPU: a run that had one of two cores counts half its seconds.
Judging an image is taken for a third of training on it, a forward pass without the backward's two.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError

from lga.results.collect import device_of
from lga.run.folder.record import RunRecord
from lga.system.files import writable, write_text

JUDGING_SHARE = 1 / 3
VERSION = 1  # of what is kept: another one measures again
_OF_NETWORK = (
    ("backbone", "name"), ("backbone", "scale"), ("detector", "name"), ("attention", "name"),
    ("dataset", "num_classes"), ("dataset", "image_size"), ("recipe", "batch_size"),
    ("trainer", "precision"), ("trainer", "channels_last"), ("trainer", "compile"),
)  # fmt: skip
_MEASURED = TypeAdapter(dict[str, Annotated[FiniteFloat, Field(gt=0)]])


@dataclass(frozen=True)
class Work:
    """Images that one run goes through."""

    epochs: int
    train: int
    val: int
    test: int

    @property
    def images(self) -> float:
        """As many images trained on as take as long."""
        return self.epochs * (self.train + JUDGING_SHARE * self.val) + JUDGING_SHARE * self.test

    @classmethod
    def of(cls, config: Mapping[str, Any], train: int, val: int, test: int) -> "Work":
        """Return the work of a config, whose trainer may limit epochs and batches."""
        trainer, recipe = config["trainer"], config["recipe"]
        batch = int(recipe["batch_size"])
        judged = trainer.get("limit_eval_batches"), 2 * batch
        return cls(
            epochs=trainer.get("max_epochs") or recipe["epochs"],
            train=_limited(train, trainer.get("limit_train_batches"), batch),
            val=_limited(val, *judged),
            test=_limited(test, *judged),
        )


def network_key(config: Mapping[str, Any], device: str) -> str:
    """Return what two runs have in common whose images take equally long."""
    values = {f"{group}.{name}": config[group].get(name) for group, name in _OF_NETWORK}
    return json.dumps({**values, "device": device, "version": VERSION}, sort_keys=True)


def times_of_records(records: Iterable[RunRecord], device: str) -> dict[str, float]:
    """Seconds an image of each network that finished on this device; smoke runs are too short to count."""
    found: dict[str, list[float]] = {}
    for record in records:
        smoke = record.config["trainer"]["scale"] == "smoke"
        timed = record.status == "finished" and not record.resumed and not smoke
        if timed and record.data is not None and device_of(record.environment) == device:
            counts = record.data.counts
            val = counts.get("val", counts["test"])
            images = Work.of(record.config, counts["train"], val, counts["test"]).images
            seconds = record.seconds * share_of_machine(record.environment)
            found.setdefault(network_key(record.config, device), []).append(seconds / images)
    return {key: median(values) for key, values in found.items()}


def share_of_machine(environment: Mapping[str, str | int | None]) -> float:
    """Return the part of the processor that a run had; a GPU is one run's."""
    if environment.get("accelerator", "cpu") != "cpu":
        return 1.0
    return min(1.0, int(environment.get("threads") or 1) / int(environment.get("cores") or 1))


class StepTimes:
    """Seconds an image of each network, on this device; what has to be measured is kept in a file.

    Args:
        path: of the kept measurements; removed, they are made again.
        device: as `device_of` names it.
        records: finished runs, which are more precise than a few steps.
        measure: called with a config for a network that nothing is known of; None leaves it unknown.
    """

    def __init__(
        self,
        path: Path,
        device: str,
        records: Iterable[RunRecord],
        measure: Callable[[Mapping[str, Any]], float] | None,
    ) -> None:
        self.path = path
        self.device = device
        self.measure = measure
        self.of_records = times_of_records(records, device)
        self.measured = _read(path)

    def seconds_an_image(self, config: Mapping[str, Any]) -> float | None:
        """Training on one image, everything included; None where it is not known and not to be measured."""
        key = network_key(config, self.device)
        known = self.of_records.get(key, self.measured.get(key))
        if known is None and self.measure is not None:
            known = self.measured[key] = self.measure(config)
            with writable(self.path.parent, "--cache"):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_text(self.path, json.dumps(self.measured, indent=1) + "\n")
        return known


def _limited(images: int, batches: int | None, batch: int) -> int:
    return images if batches is None else min(images, batches * batch)


def _read(path: Path) -> dict[str, float]:
    """Return the kept measurements; a damaged file holds none."""
    try:
        return _MEASURED.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
