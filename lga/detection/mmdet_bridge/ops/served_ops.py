"""What stands in for mmcv's compiled module `mmcv._ext` where mmcv was installed without a compiler.

mmcv's wrappers ask the module for an operation by name when they are imported, and call it later. Those
that mmdet's detectors use are served by torchvision, on processors and GPUs; any other is refused when it
is called.
"""

import importlib.util
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

from lga.system.errors import UserError

NAME = "mmcv._ext"


class ServedOps(ModuleType):
    """A module of operations; one that is not served is there too, and raises UserError when it is called."""

    def __init__(self, served: dict[str, Callable[..., Any]]) -> None:
        super().__init__(NAME, "Operations served by torchvision in place of mmcv's compiled ones.")
        self.__dict__.update(served)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")
        return partial(_refuse, name)


def serve_ops() -> None:
    """Put `ServedOps` where mmcv looks for its compiled module, unless there is a compiled one."""
    if NAME in sys.modules or importlib.util.find_spec(NAME) is not None:
        return
    sys.modules[NAME] = ServedOps(served())


def served() -> dict[str, Callable[..., Any]]:
    """Return the operations by the names under which mmcv asks for them."""
    from lga.detection.mmdet_bridge.ops import box_ops, deformable_ops

    functions = (
        box_ops.nms,
        box_ops.softnms,
        box_ops.roi_align_forward,
        box_ops.roi_align_backward,
        deformable_ops.deform_conv_forward,
        deformable_ops.deform_conv_backward_input,
        deformable_ops.deform_conv_backward_parameters,
        deformable_ops.modulated_deform_conv_forward,
        deformable_ops.modulated_deform_conv_backward,
        box_ops.sigmoid_focal_loss_forward,
        box_ops.sigmoid_focal_loss_backward,
        box_ops.softmax_focal_loss_forward,
        box_ops.softmax_focal_loss_backward,
    )
    return {function.__name__: function for function in functions}


def _refuse(name: str, *arguments: Any, **settings: Any) -> NoReturn:
    wanted_by = sys._getframe(1).f_globals.get("__name__", "a caller without a name")
    raise UserError(
        f"mmcv's operation {name}, wanted by {wanted_by}, is not served by torchvision: compile mmcv's with "
        "`pip install --force-reinstall --no-deps --no-build-isolation --no-binary onedl-mmcv onedl-mmcv`"
    )
