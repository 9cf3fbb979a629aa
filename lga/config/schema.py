"""The shape of a config: every key that may be set, with its type.

Hydra checks each config, experiment files included, against these classes, so that a mistyped key is an
error and not a silent no-op. Nodes typed `dict` hold a `_target_` and its keywords; `build` checks those
against the signature they call.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


class Start(Enum):
    """How first weights are drawn. A config without it had one stream for all, which each block shifted."""

    by_slot = "by_slot"  # an attention block's from a stream of its own, named by the seed and the slot


@dataclass
class ModeConfig:
    """What `run.py` does with the cell.

    `checkpoint`: weights to use in place of the cell's own; `out`: where results go; `split`: judged by
    evaluate; `confidence`: least score that predict keeps; `untrained`: whether export may draw weights.
    """

    name: str = MISSING
    checkpoint: str | None = None
    out: str | None = None
    split: str = "test"
    confidence: float = 0.25
    untrained: bool = False


@dataclass
class HeadsConfig:
    """Heads of the LGA block in this backbone's slot, by task; null leaves a head near 16 channels."""

    classification: int | None = MISSING
    detection: int | None = MISSING


@dataclass
class BackboneConfig:
    """A network up to its last feature map, with the attention slot in it.

    Of timm's networks alone: `slots`, the stages with a slot; `pyramid`, by task, whether a network with maps
    at one stride gets others; `checkpoint`, a file with weights to start from, and `checkpoint_sha256`, its
    content, filled in if left out.
    """

    name: str = MISSING
    scale: str = MISSING
    lga_heads: HeadsConfig = field(default_factory=HeadsConfig)
    channel_cap: dict[str, int | None] | None = None
    slots: Any = None
    pyramid: dict[str, bool] | None = None
    checkpoint: str | None = None
    checkpoint_sha256: str | None = None
    network: dict[str, Any] = MISSING


@dataclass
class AttentionConfig:
    """The block in the slot; `block` is called with the slot's channels."""

    name: str = MISSING
    block: dict[str, Any] = MISSING


@dataclass
class TaskConfig:
    """What is learnt, the number that is its score, and the one that chooses the best epoch.

    `model` is called with the backbone; null where the detector is the model.
    """

    name: str = MISSING
    monitor: str = MISSING
    direction: str = MISSING
    selected_by: str = MISSING
    model: dict[str, Any] | None = None
    data: dict[str, Any] = MISSING
    module: dict[str, Any] = MISSING


@dataclass
class ScheduleConfig:
    """Learning rate and momentum over the iterations."""

    final_fraction: float = MISSING
    warmup_epochs: float = MISSING
    warmup_min_iterations: int = MISSING
    warmup_bias_lr: float = MISSING
    warmup_momentum: float = MISSING


@dataclass
class ClassificationRecipeConfig:
    """What only the training of a classifier needs."""

    label_smoothing: float = MISSING
    dropout: float = MISSING
    augmentation: str = MISSING


@dataclass
class DetectionRecipeConfig:
    """What only the training of a detector needs: gains of its loss, and augmentation."""

    box_gain: float = MISSING
    class_gain: float = MISSING
    distribution_gain: float = MISSING
    mosaic: float = MISSING
    close_mosaic: int = MISSING
    hsv_h: float = MISSING
    hsv_s: float = MISSING
    hsv_v: float = MISSING
    scale: float = MISSING
    translate: float = MISSING
    fliplr: float = MISSING


@dataclass
class RecipeConfig:
    """Everything of the training that changes its result; a section per task it is made for."""

    name: str = MISSING
    epochs: int = MISSING
    batch_size: int = MISSING
    nominal_batch_size: int = MISSING
    optimizer: dict[str, Any] = MISSING
    weight_decay: float = MISSING
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    ema_decay: float = MISSING
    ema_ramp_steps: float = MISSING
    clip_norm: float = MISSING
    select: str = MISSING
    classification: ClassificationRecipeConfig | None = None
    detection: DetectionRecipeConfig | None = None


@dataclass
class TrainerConfig:
    """How, not what, is trained; `scale` marks a cut-down run in its record."""

    scale: str = MISSING
    max_epochs: int | None = None
    limit_train_batches: int | None = None
    limit_eval_batches: int | None = None
    accelerator: str = MISSING
    devices: int = MISSING
    num_nodes: int = 1
    precision: str = MISSING
    channels_last: bool = MISSING
    compile: bool = MISSING
    num_workers: int | None = None
    threads: int | None = None
    progress: bool = MISSING


@dataclass
class LoggerConfig:
    """Where metrics go beside the run's own metrics.csv."""

    name: str = MISSING
    project: str = MISSING
    entity: str | None = None
    group: str | None = None
    job_type: str = MISSING
    tags: list[str] = field(default_factory=list)


@dataclass
class PathsConfig:
    """Folders; a relative one is taken from where the command was started."""

    data_dir: str = MISSING
    cache_dir: str = MISSING
    output_dir: str = MISSING
    kept: str | None = None
    run_dir: str | None = None


@dataclass
class DataConfig:
    """How the files of a set are read.

    `on_error`: what to do with what is wrong in a published set's files, `raise` or `skip`; `subset`: whether
    only parts or images of it are at hand on purpose; `cache`: where
    images of a detection set are kept resized, `none`, `memory` or `disk`; `train_share`: how much of the
    training images is trained on, above 0 and up to 1, the same ones for every seed.
    """

    on_error: str = "raise"
    subset: bool | None = None
    cache: str = "none"
    train_share: float = 1.0


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

    enabled: bool = False
    every: int = 10
    images: int = 16


@dataclass
class DatasetConfig:
    """A dataset: what it is, how it is split, and the callable that reads it.

    `splits` names the plan of a published detection set, `selection` what selects the checkpoint of the other
    sets; `native` is the set's own way of judging, null where it has none.
    """

    name: str = MISSING
    task: str = MISSING
    num_classes: int = MISSING
    class_names: list[str] = MISSING
    image_size: int = MISSING
    selection: str | None = None
    splits: str | None = None
    embedded: bool = False
    native: dict[str, Any] | None = None
    reader: dict[str, Any] = MISSING


@dataclass
class DetectorConfig:
    """The detector on top of the backbone, which `model` is called with; `none` for classification."""

    name: str = MISSING
    model: dict[str, Any] | None = None


@dataclass
class Config:
    """One cell and how to run it.

    `experiment`: what an experiment's file says of its page, read by `lga.results.experiments`; no part of a
    run.
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
    paths: PathsConfig = field(default_factory=PathsConfig)
    data: DataConfig = field(default_factory=DataConfig)
    inspect: InspectConfig = field(default_factory=InspectConfig)
    instruments: InstrumentsConfig = field(default_factory=InstrumentsConfig)
    seed: int = MISSING
    start: Start = Start.by_slot
    source: str | None = None
    experiment: dict[str, Any] | None = None


def register_schema() -> None:
    """Register with Hydra the schema that `conf/config.yaml` starts from."""
    ConfigStore.instance().store(name="schema", node=Config)
