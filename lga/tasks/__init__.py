"""Thin LightningModules, loaded when named: model, loss, metrics, optimizer. The rest needs torch alone."""

from importlib import import_module
from typing import Any

from lga.tasks.optimization import Optimization, Schedule

_MODULES = {"ClassificationTask": "classification_task", "DetectionTask": "detection_task"}
__all__ = ["Optimization", "Schedule"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
