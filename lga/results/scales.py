"""What a run's numbers stand for: derived from its config and the images it read, whatever its file says.

Only `full` can stand beside a published number: the settings of a published cell but for the attention, with
nothing cut short, on as many images as the paper's.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args

from lga.config.grid import experiment_runs
from lga.results.experiments import judged_experiments
from lga.results.published import PUBLISHED_IMAGES
from lga.results.settings import recipe, without
from lga.run.folder.record import RunRecord

Scale = Literal["full", "study", "reduced", "embedded", "smoke"]
SCALES: tuple[Scale, ...] = get_args(Scale)  # the most telling first
MEANINGS: Mapping[Scale, str] = {
    "full": "the published recipe, whole, on all published images; only these numbers can stand beside the "
    "paper's",
    "study": "the whole of another recipe, or of another number of images; a fair comparison among its own "
    "runs, never called reproduced",
    "reduced": "fewer epochs or batches than the recipe asks for; never called reproduced",
    "embedded": "a small dataset that ships with the project; real training and a fair comparison of "
    "attentions on that data, never a reproduction of the paper's numbers",
    "smoke": "a few steps, to show that a cell runs; says nothing of how good it is",
}
CUT_SHORT: tuple[Scale, ...] = ("reduced", "smoke")  # marked beside every number
LIMITS = ("max_epochs", "limit_train_batches", "limit_eval_batches")
SLACK = {"dota": 0.05}  # of the images


def scale_of(record: RunRecord) -> Scale:
    """Return the scale of a run that finished or failed; of one that read no images, by its config alone."""
    config = record.config
    trainer, dataset = (config.get(name, {}) for name in ("trainer", "dataset"))
    if trainer.get("scale") == "smoke":
        return "smoke"
    if dataset.get("embedded"):
        return "embedded"
    if trainer.get("scale") != "full" or any(trainer.get(limit) is not None for limit in LIMITS):
        return "reduced"
    whole = published_images(record.cell.dataset) is not None and other_images(record) is None
    return "full" if whole and has_published_settings(record) else "study"


def other_images(record: RunRecord) -> str | None:
    """Images that are not as many as published, such as `40 of 6,471 training images`; None where they are.

    None too where it is not known how many were read, or published.
    """
    published = published_images(record.cell.dataset)
    if published is None or record.data is None:
        return None
    slack = SLACK.get(record.cell.dataset, 0.0)
    differences = []
    for split, name, wanted in zip(("train", "test"), ("training", "test"), published, strict=True):
        read = record.data.counts.get(split, 0)
        if abs(read - wanted) > slack * wanted:
            differences.append(f"{read:,} of {wanted:,} {name} images")
    return ", ".join(differences) or None


@cache
def published_images(dataset: str) -> tuple[int, int] | None:
    """Images that a published cell of the set was trained and judged on; None where that is not known."""
    if dataset in PUBLISHED_IMAGES:
        return PUBLISHED_IMAGES[dataset]
    rows = (row for one in judged_experiments() if one.own for row in one.rows if row.dataset == dataset)
    found = ((row.train_images, row.test_images) for row in rows)
    return next(((train, test) for train, test in found if train and test), None)


def has_published_settings(record: RunRecord) -> bool:
    """Whether the settings are those of a published cell but for the attention and the trainer."""
    return _shared(record.config) in published_settings(record.cell.dataset, record.cell.backbone)


@cache
def published_settings(dataset: str, backbone: str) -> tuple[Mapping[str, Any], ...]:
    """Return settings of each experiment that has the network on the dataset, less what may differ."""
    found = []
    for experiment in judged_experiments():
        if any(row.cell[:2] == (dataset, backbone) for row in experiment.rows):
            runs = experiment_runs(experiment.name, [f"dataset={dataset}", "attention=none", "seed=1"])
            run = next(run for run in runs if run.cell.backbone == backbone)
            found.append(_shared(run.config))
    return tuple(found)


def _shared(config: Mapping[str, Any]) -> dict[str, Any]:
    return without(recipe(config), "attention", "trainer", "start")
