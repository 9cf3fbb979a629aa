"""Thin LightningModules: model, loss, metrics, optimizer."""

from lga.tasks.classification_task import ClassificationTask
from lga.tasks.detection_task import DetectionTask
from lga.tasks.optimization import Optimization, Schedule

__all__ = ["ClassificationTask", "DetectionTask", "Optimization", "Schedule"]
