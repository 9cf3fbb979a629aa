"""Local-Global Attention (arXiv 2411.09604) and its rivals, reproduced and benchmarked.

`import lga` loads nothing heavy; what it offers is loaded when called. docs/python.md has examples.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lga.backbones.author_checkpoint import load_author_checkpoint as load_author_checkpoint
    from lga.library.insertion import insert as insert
    from lga.library.models import load as load
    from lga.library.models import predict as predict
    from lga.library.reproduction import reproduce as reproduce
    from lga.library.runs import published as published
    from lga.library.runs import runs as runs
    from lga.library.training import compare as compare
    from lga.library.training import train as train
    from lga.run.build import build_model as build_model

_HOMES = {
    "build_model": "lga.run.build",
    "compare": "lga.library.training",
    "insert": "lga.library.insertion",
    "load": "lga.library.models",
    "load_author_checkpoint": "lga.backbones.author_checkpoint",
    "predict": "lga.library.models",
    "published": "lga.library.runs",
    "reproduce": "lga.library.reproduction",
    "runs": "lga.library.runs",
    "train": "lga.library.training",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605


def __dir__() -> list[str]:
    return [*globals(), *_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("lga")
    if name not in _HOMES:
        raise AttributeError(f"module 'lga' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
