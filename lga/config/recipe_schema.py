"""The shape of a recipe, see `lga.config.schema`."""

from dataclasses import dataclass, field
from typing import Annotated

from omegaconf import MISSING

from lga.config.values import BelowOne, Count, Fraction, Natural, NonNegative, OptimizerNode, Positive, word


@dataclass
class ScheduleConfig:
    """Learning rate and momentum over the iterations."""

    final_fraction: Fraction = MISSING
    warmup_epochs: NonNegative = MISSING
    warmup_min_iterations: Natural = MISSING
    warmup_bias_lr: NonNegative = MISSING
    warmup_momentum: Fraction = MISSING


@dataclass
class ClassificationRecipeConfig:
    """What only the training of a classifier needs."""

    label_smoothing: Fraction = MISSING
    dropout: Fraction = MISSING
    augmentation: Annotated[str, word("none", "affine", "paper")] = MISSING


@dataclass
class DetectionRecipeConfig:
    """What only the training of a detector needs: gains of its loss, and augmentation."""

    box_gain: NonNegative = MISSING
    class_gain: NonNegative = MISSING
    distribution_gain: NonNegative = MISSING
    mosaic: Fraction = MISSING
    close_mosaic: Natural = MISSING
    hsv_h: Fraction = MISSING
    hsv_s: Fraction = MISSING
    hsv_v: Fraction = MISSING
    scale: BelowOne = MISSING
    translate: Fraction = MISSING
    fliplr: Fraction = MISSING


@dataclass
class RecipeConfig:
    """Everything of the training that changes its result; a section per task it is made for.

    `freeze_epochs`: first ones, in which what `weights` filled is not trained.
    """

    name: str = MISSING
    epochs: Count = MISSING
    freeze_epochs: Count | None = None
    batch_size: Count = MISSING
    nominal_batch_size: Count = MISSING
    optimizer: OptimizerNode = MISSING
    weight_decay: NonNegative = MISSING
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    ema_decay: Fraction = MISSING
    ema_ramp_steps: Positive = MISSING
    clip_norm: Positive = MISSING
    select: Annotated[str, word("best", "last")] = MISSING
    classification: ClassificationRecipeConfig | None = None
    detection: DetectionRecipeConfig | None = None
