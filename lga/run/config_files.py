"""Hydra's config files, each read once in a process for the many configs that are composed of them."""

from copy import deepcopy
from typing import Any

from hydra._internal.config_repository import ConfigRepository
from hydra.core.global_hydra import GlobalHydra
from hydra.plugins.config_source import ConfigResult

_KEPT: dict[str, ConfigResult | None] = {}


def read_each_once() -> None:
    """Makes the Hydra that is initialised keep what it reads; a file that is changed later is not seen."""
    loader = GlobalHydra.instance().config_loader()
    loader.repository = _KeptFiles(loader.repository)


class _KeptFiles(ConfigRepository):  # type: ignore[misc]
    """A repository that reads a file once and hands out copies, since composing changes what it is given."""

    def __init__(self, read: ConfigRepository) -> None:
        self.__dict__.update(read.__dict__)
        self._read = read

    def __deepcopy__(self, memo: dict[int, Any]) -> "_KeptFiles":
        """Itself: Hydra copies its repository before each composing."""
        return self

    def load_config(self, config_path: str) -> ConfigResult | None:
        """The config at a path, None where there is none."""
        if config_path not in _KEPT:
            _KEPT[config_path] = self._read.load_config(config_path)
        return deepcopy(_KEPT[config_path])
