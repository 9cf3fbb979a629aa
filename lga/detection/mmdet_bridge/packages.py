"""The import of mmdet: which packages it may come from, and what it must find first."""

import warnings
from importlib import metadata
from typing import Any

from lga.detection.mmdet_bridge.ops.served_ops import serve_ops
from lga.system.errors import UserError

# Each pair owns one folder of the same name, as the maintained fork keeps the names of what it forked.
FORKS = {
    "mmdet": "onedl-mmdetection",
    "mmcv": "onedl-mmcv",
    "mmcv-lite": "onedl-mmcv",
    "mmengine": "onedl-mmengine",
}


def import_mmdet() -> Any:
    """Return the package mmdet with its models registered; takes seconds the first time.

    Raises:
        UserError: it is not installed, or two packages that own its folders are.
    """
    check_packages()
    serve_ops()
    import mmdet
    import mmdet.models

    # Of its point and anchor generators, which call PyTorch as older versions wanted it.
    warnings.filterwarnings("ignore", r"torch\.meshgrid: in an upcoming release")
    return mmdet


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
