"""The shape of a config: every key that may be set, with its type and the values it takes.

Hydra checks each config, experiment files included, against these classes, so that a mistyped key is an
error and not a silent no-op. `lga.config.values` checks the values of a composed config. Nodes typed `Node`
hold a `_target_` and its keywords; `build` checks those against the signature they call.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from lga.config.recipe_schema import RecipeConfig
from lga.config.values import (
    Count,
    Flag,
    Folder,
    Fraction,
    Free,
    Label,
    Node,
    Pixels,
    Processes,
    Seed,
    Share,
    Tag,
    Threads,
    word,
)

MODES = ("train", "evaluate", "predict", "export", "describe", "inspect")
TASKS = ("classification", "detection")


class Start(Enum):
    """How first weights are drawn. A config without it had one stream for all, which each block shifted."""

    by_slot = "by_slot"  # an attention block's from a stream of its own, named by the seed and the slot


@dataclass
class ModeConfig:
    """What `run.py` does with the cell.

    `checkpoint`: weights to use in place of the cell's own; `out`: where results go; `split`: judged by
    evaluate; `confidence`: least score that predict keeps; `untrained`: whether export may draw weights;
    `json`: whether describe and evaluate print JSON in place of a table.
    """

    name: Annotated[str, word(*MODES)] = MISSING
    checkpoint: str | None = None
    out: str | None = None
    split: Annotated[str, word("test", "val")] = "test"
    confidence: Fraction = 0.25
    untrained: Flag = False
    json: Flag = False


@dataclass
class HeadsConfig:
    """Heads of the LGA block in this backbone's slot, by task; null leaves a head near 16 channels."""

    classification: Count | None = None
    detection: Count | None = None


@dataclass
class BackboneConfig:
    """A network up to its last feature map, with the attention slot in it.

    Of timm's networks alone: `slots`, the stages with a slot; `pyramid`, by task, whether a network with maps
    at one stride gets others; `checkpoint`, a file with weights to start from, and `checkpoint_sha256`, its
    content, filled in if left out.
    """

    name: str = MISSING
    scale: str = "n"
    lga_heads: HeadsConfig = field(default_factory=HeadsConfig)
    channel_cap: dict[str, Count | None] | None = None
    slots: Free = None
    pyramid: dict[str, Flag] | None = None
    checkpoint: str | None = None
    checkpoint_sha256: str | None = None
    network: Node = MISSING


@dataclass
class AttentionConfig:
    """The block in the slot; `block` is called with the slot's channels."""

    name: str = MISSING
    block: Node = MISSING


@dataclass
class TaskConfig:
    """What is learnt, the number that is its score, and the one that chooses the best epoch.

    `model` is called with the backbone; null where the detector is the model.
    """

    name: Annotated[str, word(*TASKS)] = MISSING
    monitor: str = MISSING
    direction: Annotated[str, word("max", "min")] = MISSING
    selected_by: str = MISSING
    model: Node | None = None
    data: Node = MISSING
    module: Node = MISSING


@dataclass
class TrainerConfig:
    """How, not what, is trained; `scale` marks a cut-down run in its record."""

    scale: Annotated[str, word("full", "reduced", "smoke")] = MISSING
    max_epochs: Count | None = None
    limit_train_batches: Count | None = None
    limit_eval_batches: Count | None = None
    accelerator: Annotated[str, word("auto", "cpu", "gpu", "cuda", "mps")] = MISSING
    devices: Threads = MISSING
    num_nodes: Count = 1
    precision: Annotated[str, word("32-true", "bf16-mixed", "bf16-true", "64-true")] = MISSING
    tf32: Flag | None = None
    deterministic: Flag = True
    channels_last: Flag = MISSING
    compile: Flag = MISSING
    num_workers: Processes | None = None
    threads: Threads | None = None
    progress: Flag = MISSING


@dataclass
class LoggerConfig:
    """Where metrics go beside the run's own metrics.csv.

    `kinds`: Lightning's loggers by name, each called with `save_dir`; `wandb` needs no target.
    """

    kinds: dict[str, Node] = field(default_factory=dict)
    project: Label = MISSING
    entity: Label | None = None
    group: Label | None = None
    job_type: Tag = MISSING
    tags: list[Tag] = field(default_factory=list)


@dataclass
class PathsConfig:
    """Folders; a relative one is taken from where the command was started."""

    data_dir: Folder = MISSING
    cache_dir: Folder = MISSING
    output_dir: Folder = MISSING
    kept: str | None = None
    run_dir: Folder | None = None


@dataclass
class DataConfig:
    """How the files of a set are read.

    `on_error`: what to do with what is wrong in a set's files, `raise` or `skip`; `subset`: whether only
    parts or images of it are at hand on purpose; `cache`: where images of a detection set are kept resized,
    `none`, `memory` or `disk`; `train_share`: how much of the training images is trained on, above 0 and up
    to 1, the same ones for every seed.
    """

    on_error: Annotated[str, word("raise", "skip")] = "raise"
    subset: Flag | None = None
    cache: Annotated[str, word("none", "memory", "disk")] = "none"
    train_share: Share = 1.0


@dataclass
class InspectConfig:
    """Where mode=inspect puts its report, a JSON file, and its pictures, a folder; null leaves either out."""

    json: str | None = None
    pictures: str | None = None


@dataclass
class InstrumentsConfig:
    """Whether instruments look inside the Local-Global block in training, which computes the same.

    `every`: optimizer steps between two looks at the gradients; `images`: of the validation split, looked at
    after each epoch.
    """

    enabled: Flag = False
    every: Count = 10
    images: Count = 16


@dataclass
class DatasetConfig:
    """A dataset: what it is, how it is split, and the callable that reads it.

    `splits` names the plan of a published detection set, `selection` what selects the checkpoint of the other
    sets; `native` is the set's own way of judging, null where it has none. Of a set of one's own alone:
    `path`, or for COCO's format `train`, `val`, `test` and `images`; name and classes are read if left out.
    """

    name: str = MISSING
    task: Annotated[str, word(*TASKS)] = MISSING
    num_classes: Count = MISSING
    class_names: list[str] = MISSING
    image_size: Pixels = MISSING
    selection: Annotated[str, word("validation", "test")] | None = None
    splits: str | None = None
    embedded: Flag = False
    path: str | None = None
    train: str | None = None
    val: str | None = None
    test: str | None = None
    images: str | None = None
    native: Node | None = None
    reader: Node = MISSING


@dataclass
class DetectorConfig:
    """The detector on top of the backbone, which `model` is called with; `none` for classification."""

    name: str = MISSING
    model: Node | None = None


@dataclass
class Config:
    """One cell and how to run it.

    `callbacks`: Lightning's, by any name, each with its `_target_`; `metrics`: judged beside the task's own,
    a torchmetrics metric or a protocol of detection; `experiment`: what an experiment's file says of its
    page, read by `lga.results.experiments`; no part of a run.
    """

    mode: ModeConfig = field(default_factory=ModeConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    detector: DetectorConfig = field(default_factory=DetectorConfig)
    task: TaskConfig = field(default_factory=TaskConfig)
    recipe: RecipeConfig = field(default_factory=RecipeConfig)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    logger: LoggerConfig = field(default_factory=LoggerConfig)
    callbacks: dict[str, Node] = field(default_factory=dict)
    metrics: dict[str, Node] = field(default_factory=dict)
    paths: PathsConfig = field(default_factory=PathsConfig)
    data: DataConfig = field(default_factory=DataConfig)
    inspect: InspectConfig = field(default_factory=InspectConfig)
    instruments: InstrumentsConfig = field(default_factory=InstrumentsConfig)
    seed: Seed = MISSING
    start: Start = Start.by_slot
    source: str | None = None
    experiment: Node | None = None


def register_schema() -> None:
    """Register with Hydra the schema that `conf/config.yaml` starts from."""
    ConfigStore.instance().store(name="schema", node=Config)
