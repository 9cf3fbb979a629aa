"""The import of mmdet: the packages it may come from, and what is served where mmcv came without a compiler.

mmcv's wrappers ask its compiled module `mmcv._ext` for an operation by name when they are imported, and call
it later. Those that mmdet's detectors use are served by torchvision, on processors and GPUs; any other is
refused when it is called.
"""

import importlib.util
import sys
import warnings
from collections.abc import Callable
from functools import partial
from importlib import metadata
from types import ModuleType
from typing import Any, NoReturn

from lga.detection.mmdet_bridge.ops import box_ops, deformable_ops
from lga.system.errors import UserError

# Each pair owns one folder of the same name, as the maintained fork keeps the names of what it forked.
FORKS = {
    "mmdet": "onedl-mmdetection",
    "mmcv": "onedl-mmcv",
    "mmcv-lite": "onedl-mmcv",
    "mmengine": "onedl-mmengine",
}
COMPILED = "mmcv._ext"


def import_mmdet() -> Any:
    """Return the package mmdet with its models registered; takes seconds the first time.

    Raises:
        UserError: it is not installed, or two packages that own its folders are.
    """
    prepare_import()
    import mmdet
    import mmdet.models

    # Of its point and anchor generators, which call PyTorch as older versions wanted it.
    warnings.filterwarnings("ignore", r"torch\.meshgrid: in an upcoming release")
    return mmdet


def prepare_import() -> None:
    """Check the packages and serve mmcv's operations; has to come before mmdet or mmcv is imported."""
    check_packages()
    serve_ops()


def check_packages() -> None:
    """Raise UserError unless each of mmdet, mmcv and mmengine is installed from one package."""
    for upstream, fork in FORKS.items():
        if _installed(upstream) and _installed(fork):
            raise UserError(
                f"{upstream} and {fork} are both installed and overwrite each other's files: run "
                f"`pip uninstall -y {upstream} {fork}`, then `pip install {fork}`"
            )
    for upstream in ("mmdet", "mmcv", "mmengine"):
        if not _installed(upstream) and not _installed(FORKS[upstream]):
            raise UserError(f"a detector of mmdet needs {upstream}: pip install 'lga[mmdet]'")


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


class ServedOps(ModuleType):
    """A module of operations; one that is not served is there too, and raises UserError when it is called."""

    def __init__(self, served: dict[str, Callable[..., Any]]) -> None:
        super().__init__(COMPILED, "Operations served by torchvision in place of mmcv's compiled ones.")
        self.__dict__.update(served)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(f"module {COMPILED!r} has no attribute {name!r}")
        return partial(_refuse, name)


def serve_ops() -> None:
    """Put `ServedOps` where mmcv looks for its compiled module, unless there is a compiled one."""
    if COMPILED in sys.modules or importlib.util.find_spec(COMPILED) is not None:
        return
    sys.modules[COMPILED] = ServedOps(served())


def served() -> dict[str, Callable[..., Any]]:
    """Return the operations by the names under which mmcv asks for them."""
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
