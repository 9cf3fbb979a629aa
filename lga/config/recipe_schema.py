"""The shape of a recipe, see `lga.config.schema`."""

from dataclasses import dataclass, field
from typing import Annotated

from omegaconf import MISSING

from lga.config.values import BelowOne, Count, Fraction, Natural, NonNegative, OptimizerNode, Positive, word


@dataclass
class ScheduleConfig:
    """Learning rate and momentum over the iterations."""

    final_fraction: Fraction = MISSING  # share of the learning rate that is left in the last epoch
    warmup_epochs: NonNegative = MISSING  # epochs in which the learning rate rises from 0
    warmup_min_iterations: Natural = MISSING  # batches that a warm-up lasts at least
    warmup_bias_lr: NonNegative = MISSING  # where the learning rate of biases starts in the warm-up
    warmup_momentum: Fraction = MISSING  # where momentum starts in the warm-up


@dataclass
class ClassificationRecipeConfig:
    """What only the training of a classifier needs."""

    label_smoothing: Fraction = MISSING  # share of the target that all classes divide
    dropout: Fraction = MISSING  # dropout before the last layer
    # none; affine: shifts, turns and sizes; paper: its toolchain's crops, flips and colours
    augmentation: Annotated[str, word("none", "affine", "paper")] = MISSING


@dataclass
class DetectionRecipeConfig:
    """What only the training of a detector needs: gains of its loss, and augmentation."""

    box_gain: NonNegative = MISSING  # weight of the box term of the loss
    class_gain: NonNegative = MISSING  # weight of the class term of the loss
    distribution_gain: NonNegative = MISSING  # weight of the distribution focal term of the loss
    mosaic: Fraction = MISSING  # probability that a training image is made of four
    close_mosaic: Natural = MISSING  # last epochs without mosaic
    hsv_h: Fraction = MISSING  # largest change of hue, as a share
    hsv_s: Fraction = MISSING  # largest change of saturation, as a share
    hsv_v: Fraction = MISSING  # largest change of brightness, as a share
    scale: BelowOne = MISSING  # largest change of size, as a share
    translate: Fraction = MISSING  # largest shift, as a share of the image
    fliplr: Fraction = MISSING  # probability of a flip from left to right


@dataclass
class RecipeConfig:
    """Everything of the training that changes its result; a section for each task that it is made for."""

    name: str = MISSING  # the recipe's name
    epochs: Count = MISSING  # epochs of training; trainer.max_epochs cuts them short
    freeze_epochs: Count | None = None  # first epochs, in which what weights= filled is not trained
    batch_size: Count = MISSING  # images in a batch, over all devices
    nominal_batch_size: Count = MISSING  # images in an optimizer step: smaller batches are summed up to it
    # any of torch.optim, as _target_ with its keywords: lr, betas, momentum
    optimizer: OptimizerNode = MISSING
    weight_decay: NonNegative = MISSING  # weight decay; biases and norms have none
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)  # learning rate and momentum by epoch
    ema_decay: Fraction = MISSING  # decay of the moving average of the weights, which is what is judged
    ema_ramp_steps: Positive = MISSING  # optimizer steps over which that decay is reached
    clip_norm: Positive = MISSING  # largest norm of the gradients; larger ones are scaled down to it
    # epoch whose weights are judged: best by task.selected_by, or the last
    select: Annotated[str, word("best", "last")] = MISSING
    classification: ClassificationRecipeConfig | None = None  # what a classifier's training needs
    detection: DetectionRecipeConfig | None = None  # what a detector's training needs
