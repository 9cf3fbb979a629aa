"""What the fork server loads once, so that each job of a sweep starts in milliseconds."""

import pytorch_lightning
import torch
import torchmetrics
import torchvision
import wandb

import lga.data.classification.classification_data
import lga.launch.job
import lga.run.command_line
import lga.run.fit

__all__ = ["lga", "pytorch_lightning", "torch", "torchmetrics", "torchvision", "wandb"]
