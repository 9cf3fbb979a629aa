"""What a config may name as `_target_`, that is, which code a config can have run.

The threat is a config of someone else's: a record or a run's folder that is run again, a command that was
copied from a page or a message, an experiment file that was sent. By naming `os.system` or `torch.hub.load`
it would run what its author wants. So a target has to be one of these:

- a public name of `torch.nn`, `torch.optim` or the packages of lga that configs are made for;
- a name of your own code: a module or package that Python finds neither in its standard library nor among the
  installed packages, such as one beside `run.py` or on PYTHONPATH. That code was put there to be run, and
  nothing need be said. A package must have an `__init__.py`, or files in any folder below the current one,
  such as a run's, would count;
- a name of an installed package that `LGA_ALLOW` names: `LGA_ALLOW=mypackage,other python run.py ...`. That
  is a variable of the environment, since the config is what is not trusted.

What a name stands for must itself be of such a place: what lga merely imports is not lga's. Every `_target_`
below a node is checked before anything is imported or called. What Hydra refuses by itself stays refused. Not
guarded against: a config folder or a module of someone else's that is put where one's own lie; that is
running their program.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig

from lga.structures import UserError

ALLOWED = (
    "lga.attention.",
    "lga.backbones.",
    "lga.classification.",
    "lga.detection.",
    "lga.data.",
    "lga.tasks.",
    "torch.nn.",
    "torch.optim.",
)
VARIABLE = "LGA_ALLOW"
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_NAMES_CODE = re.compile(r"[+~]*hydra\b.*(_target_|callbacks|_logging|\(\))|--experimental-rerun\b")


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuses, on the command line, what Hydra would run before our checks see the config."""
    for argument in arguments:
        if _NAMES_CODE.match(argument):
            raise UserError(
                f"{argument}: not taken on the command line, for it names code that Hydra runs; "
                "if it is yours, put it into a config folder and add that with hydra.searchpath="
            )


def resolve_target(node: DictConfig, where: str) -> Any:
    """What the node's `_target_` names; raises UserError if it, or one further down, may not be named."""
    targets = list(_targets(node, where))
    for place, target in targets:  # all of them, before the first is imported
        if refusal := _refusal(target):
            raise UserError(f"{place}._target_={target}: {refusal}")
    found = [_imported(target, place) for place, target in targets]
    return found[0]


def _targets(node: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict | DictConfig):
        if "_target_" in node:
            yield where, str(node["_target_"])
        for key, value in node.items():
            yield from _targets(value, f"{where}.{key!s}")
    elif isinstance(node, list | tuple | ListConfig):
        for index, value in enumerate(node):
            yield from _targets(value, f"{where}.{index}")


def _imported(target: str, where: str) -> Any:
    module, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"{where}._target_={target}: cannot be imported: {error}") from error
    home = getattr(found, "__module__", None)
    if refusal := _refusal(f"{home}.{name}"):
        kept = getattr(found, "__qualname__", name)
        raise UserError(f"{where}._target_={target}: it is {kept} of {home}: {refusal}")
    return found


def _refusal(target: str) -> str | None:
    """Why `target` may not be named; None if it may. Imports nothing."""
    package, *names = target.split(".")
    if not names:
        return "cannot be imported: its module is missing, as in module.name"
    if names[-1].startswith("_"):
        return "refused: names with a leading underscore are private"
    if target.startswith(ALLOWED):
        return None
    if package == "lga" or package in sys.stdlib_module_names:
        return "refused: a config of someone else's could run anything by such a name"
    if package in os.environ.get(VARIABLE, "").replace(" ", "").split(","):
        return None
    return _refusal_by_place(package)


def _refusal_by_place(package: str) -> str | None:
    """Why a top-level package or module cannot be your own code, by where Python finds it."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return f"cannot be imported: No module named {package!r}"
    if not spec.has_location or spec.origin is None:
        return f"refused: the folder {package} is no package of yours, it has no __init__.py"
    if _INSTALLED.isdisjoint(Path(spec.origin).parts):
        return None
    return (
        f"refused: {package} is an installed package, and a config of someone else's could run any of it; "
        f"if you trust this one, set {VARIABLE}={package} in the environment"
    )
