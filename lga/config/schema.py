"""The shape of a config: every key that may be set, with its type and the values it takes.

Hydra checks each config, experiment files included, against these classes, so that a mistyped key is an
error and not a silent no-op. The comment beside a key, or above it, is its line in `lga keys`; a group's
default is in its file of `conf/`. `lga.config.values` checks the values of a composed config. Nodes typed
`Node` hold a `_target_` and its keywords; `build` checks those against the signature they call.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from lga.config.recipe_schema import RecipeConfig
from lga.config.values import (
    Classes,
    Count,
    Flag,
    Folds,
    Fraction,
    Free,
    Label,
    Node,
    PathText,
    Pixels,
    Processes,
    Project,
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
    """What `run.py` does with the cell."""

    name: Annotated[str, word(*MODES)] = MISSING  # what run.py does with the cell; mode=<name> chooses it
    # weights for evaluate, predict and export in place of the cell's own; the author's naming will do
    checkpoint: PathText | None = None
    # folder that evaluate or predict writes to, or export's file; null: in the run's folder
    out: PathText | None = None
    split: Annotated[str, word("test", "val")] = "test"  # split that evaluate judges
    confidence: Fraction = 0.25  # least score of a box that predict keeps
    explain: Flag = False  # makes predict draw what the network looks at: Grad-CAM, a block's gate and kernel
    untrained: Flag = False  # lets export draw fresh weights where none are trained
    json: Flag = False  # makes evaluate and describe print JSON in place of a table; --json for short


@dataclass
class HeadsConfig:
    """Heads of the LGA block, by task."""

    classification: Count | None = None  # heads in a classifier; null: near 16 channels each
    detection: Count | None = None  # heads in a detector; null: near 16 channels each


@dataclass
class BackboneConfig:
    """A network up to its last feature map, with the attention slot in it."""

    name: str = MISSING  # the network's name, and that of its folder of outputs
    # width and depth of the paper's networks and of the detector's neck
    scale: Annotated[str, word("n", "s", "m", "l", "x")] = "n"
    # heads of the LGA block in this backbone's slot
    lga_heads: HeadsConfig = field(default_factory=HeadsConfig)
    # yolov8: largest width before scaling, by task; null: the scale's own
    channel_cap: dict[str, Count | None] | None = None
    slots: Free = None  # timm: stages with a slot for the attention, last or some of [3,4,5]
    # timm: whether a network with maps at one stride gets others, by task
    pyramid: dict[str, Flag] | None = None
    checkpoint: PathText | None = None  # timm: file of weights to start from, .safetensors or a state dict
    checkpoint_sha256: str | None = None  # SHA-256 of that file; filled in if left out
    network: Node = MISSING  # builds the network; called with the attention


@dataclass
class AttentionConfig:
    """The block in the slot."""

    name: str = MISSING  # the block's name, and that of its folder of outputs
    block: Node = MISSING  # builds the block; called with the slot's channels


@dataclass
class TaskConfig:
    """What is learnt, the number that is its score, and the one that chooses the best epoch."""

    name: Annotated[str, word(*TASKS)] = MISSING  # what is learnt; the data set picks it
    monitor: str = MISSING  # metric that is a run's score
    # whether a higher score is better (max) or a lower one
    direction: Annotated[str, word("max", "min")] = MISSING
    selected_by: str = MISSING  # metric that chooses the best epoch
    model: Node | None = None  # builds the network on the backbone; null: the detector does
    data: Node = MISSING  # makes batches of what the reader read
    module: Node = MISSING  # Lightning's module, which trains and judges


@dataclass
class TrainerConfig:
    """How, not what, is trained."""

    # marks a cut-down run in its record; set by trainer=smoke or reduced
    scale: Annotated[str, word("full", "reduced", "smoke")] = MISSING
    max_epochs: Count | None = None  # epochs after which to stop; null: all of the recipe's
    limit_train_batches: Count | None = None  # batches of a training epoch; null: all
    limit_eval_batches: Count | None = None  # batches of validation and of test; null: all
    # kind of device; auto: the best of this machine
    accelerator: Annotated[str, word("auto", "cpu", "gpu", "cuda", "mps")] = MISSING
    devices: Threads = MISSING  # devices of each machine, a process each; every batch is divided between them
    num_nodes: Count = 1  # machines; with more than one, torchrun or srun starts the processes
    # number format of training
    precision: Annotated[str, word("32-true", "bf16-mixed", "bf16-true", "64-true")] = MISSING
    # products of a GPU in TF32, 10 bits for 23; null: PyTorch's habit, which is convolutions alone
    tf32: Flag | None = None
    deterministic: Flag = True  # kernels that give the same numbers in each run, as far as there are any
    channels_last: Flag = MISSING  # memory layout of the maps; over twice as fast as the other on processors
    compile: Flag = MISSING  # torch.compile of the trained network; on processors it needs a C++ compiler
    # processes that make batches; null: none for an embedded data set, else this run's cores
    num_workers: Processes | None = None
    threads: Threads | None = None  # processor threads; null: all cores, shared between a sweep's jobs
    progress: Flag = MISSING  # whether a bar, or a line an epoch, says how far the run is


@dataclass
class LoggerConfig:
    """Where metrics go beside the run's own metrics.csv."""

    # Lightning's loggers by name, each called with save_dir; chosen with logger=[csv,wandb]
    kinds: dict[str, Node] = field(default_factory=dict)
    project: Project = MISSING  # project in W&B and MLflow
    entity: Label | None = None  # W&B user or team; null: your default
    group: Label | None = None  # table or sweep that the run belongs to; a sweep fills it in
    job_type: Tag = MISSING  # W&B job type
    tags: list[Tag] = field(default_factory=list)  # W&B tags


@dataclass
class PathsConfig:
    """Folders; a relative one is taken from where the command was started."""

    data_dir: PathText = MISSING  # data sets; LGA_DATA_DIR sets it too
    output_dir: PathText = MISSING  # runs, tables and pages; LGA_OUTPUT_DIR sets it too
    cache_dir: PathText = MISSING  # indexes and cut images; may be removed at any time
    kept: PathText | None = None  # folder below experiments/ whose kept records count as finished runs
    # folder of the run; null: output_dir/runs/<dataset>/<backbone>/<attention>/seed<k>-<hash>
    run_dir: PathText | None = None


@dataclass
class DataConfig:
    """How the files of a set are read."""

    # what to do with what is wrong in a set's files: stop, or leave it out and count it
    on_error: Annotated[str, word("raise", "skip")] = "raise"
    subset: Flag | None = None  # true: only parts or images of the published set are at hand, on purpose
    # where images of a detection set are kept resized
    cache: Annotated[str, word("none", "memory", "disk")] = "none"
    train_share: Share = 1.0  # share of the training images to train on, the same ones for every seed


@dataclass
class InspectConfig:
    """What mode=inspect writes; null leaves it out."""

    json: PathText | None = None  # file for the report of mode=inspect
    pictures: PathText | None = None  # folder for a contact sheet of each part


@dataclass
class InstrumentsConfig:
    """A look inside the Local-Global block in training."""

    # whether instruments look inside the Local-Global block in training, which computes the same
    enabled: Flag = False
    every: Count = 10  # optimizer steps between two looks at the gradients
    images: Count = 16  # validation images looked at after each epoch


@dataclass
class DatasetConfig:
    """A dataset: what it is, how it is split, and the callable that reads it."""

    name: str = MISSING  # the set's name, and that of its folder of outputs
    task: Annotated[str, word(*TASKS)] = MISSING  # what it is for
    num_classes: Classes = MISSING  # as many as class_names
    class_names: list[str] = MISSING  # in the order of the labels
    # side of the square that the network sees, pixels; the paper's detector takes multiples of 32
    image_size: Pixels = MISSING
    # what selects the checkpoint: a validation split, or the test images; of digits, MNIST and own folders
    selection: Annotated[str, word("validation", "test")] | None = None
    splits: str | None = None  # plan of a published detection set; mode=inspect lists its leaks
    # whether it ships with the project; its numbers are never held against the paper's
    embedded: Flag = False
    path: PathText | None = None  # set of your own: data.yaml (yolo), or folder (voc, image_folder)
    train: PathText | None = None  # set of your own in COCO's format: JSON file of training
    val: PathText | None = None  # COCO's format: JSON file of validation; null: every twelfth training image
    test: PathText | None = None  # COCO's format: JSON file of test; null: validation is judged
    images: PathText | None = None  # COCO's format: folder of the images; null: beside the JSON files
    # own sets: parts that all images are divided into; the seed says which one judges
    folds: Folds | None = None
    native: Node | None = None  # the benchmark's own way of judging; null: it has none
    reader: Node = MISSING  # reads the files


@dataclass
class DetectorConfig:
    """The detector on top of the backbone."""

    name: str = MISSING  # the detector's name; none for classification
    model: Node | None = None  # builds the detector on the backbone; null for classification


@dataclass
class Config:
    """One cell and how to run it."""

    mode: ModeConfig = field(default_factory=ModeConfig)  # what run.py does with the cell
    dataset: DatasetConfig = field(default_factory=DatasetConfig)  # what is learnt from
    # network up to its last feature map, with the slot in it
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    attention: AttentionConfig = field(default_factory=AttentionConfig)  # block in the slot
    detector: DetectorConfig = field(default_factory=DetectorConfig)  # on top of the backbone
    # what is learnt, and how it is scored; the data set picks it
    task: TaskConfig = field(default_factory=TaskConfig)
    # everything of the training that changes its result; the data set picks it
    recipe: RecipeConfig = field(default_factory=RecipeConfig)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)  # how, not what, is trained
    # where metrics go beside the run's own metrics.csv
    logger: LoggerConfig = field(default_factory=LoggerConfig)
    # Lightning's, by any name, each with its _target_; they are part of a run's identity
    callbacks: dict[str, Node] = field(default_factory=dict)
    # judged beside the task's own: torchmetrics' or protocols of detection, each with its _target_
    metrics: dict[str, Node] = field(default_factory=dict)
    # folders; a relative one is taken from where the command was started
    paths: PathsConfig = field(default_factory=PathsConfig)
    data: DataConfig = field(default_factory=DataConfig)  # how the files of a set are read
    inspect: InspectConfig = field(default_factory=InspectConfig)  # what mode=inspect writes
    instruments: InstrumentsConfig = field(default_factory=InstrumentsConfig)  # a look inside the block
    # draws weights, order and augmentation; modes that need weights take the newest run's without it
    seed: Seed = MISSING
    # how first weights are drawn: a block's from a stream of its own, named by seed and slot
    start: Start = Start.by_slot
    source: PathText | None = None  # what mode=predict looks at: an image, a folder or a glob
    weights: PathText | None = None  # run folder or file that backbone and neck start from; the head is new
    weights_sha256: str | None = None  # SHA-256 of that file; filled in if left out
    experiment: Node | None = None  # what an experiment's file says of its page; no part of a run


def register_schema() -> None:
    """Register with Hydra the schema that `conf/config.yaml` starts from."""
    ConfigStore.instance().store(name="schema", node=Config)
