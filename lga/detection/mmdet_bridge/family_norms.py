"""The constants of batch norm in the paper's detectors, for parts that are used without the whole."""

from torch import nn

from lga.detection.detector import NORM_EPS, NORM_MOMENTUM


def set_family_norms(module: nn.Module) -> None:
    """Set the batch norms in `module` to the family's constants."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps, part.momentum = NORM_EPS, NORM_MOMENTUM
