"""`backbone=timm/<name>` and `attention=timm/<name>` for every name: configs that no file holds.

A backbone's is made of `conf/backbone/_timm.yaml`. The name is looked up in timm when the network is built;
no config needs timm loaded.
"""

import re
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

from lga.system.files import own_configs

BLOCK = "lga.attention.timm_layer.timm_block"
# What timm itself calls a name.
NAMED = re.compile(r"(?P<group>backbone|attention)/timm/(?P<name>[a-z0-9_]+(\.[a-z0-9_]+)?)")


class TimmConfigSource(ConfigSource):  # type: ignore[misc]
    """Serves `<group>/timm/<name>`, and lists nothing: there are over a thousand."""

    @staticmethod
    def scheme() -> str:
        """Return the scheme of this source's place in the search path."""
        return "lga-timm"

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the config of the network that the path names."""
        named = NAMED.fullmatch(config_path)
        if named is None:
            raise ConfigLoadError(f"Config not found : {config_path}")
        name = named["name"]
        if named["group"] == "backbone":
            content: dict[str, Any] = {"defaults": ["/backbone/_timm@_here_"], "network": {"name": name}}
        else:
            content = {"name": f"timm_{name}", "block": {"_target_": BLOCK, "_partial_": True, "name": name}}
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=OmegaConf.create(content),
            header={"package": None},
        )

    def is_group(self, config_path: str) -> bool:
        """No: its configs belong to groups that have files."""
        return False

    def is_config(self, config_path: str) -> bool:
        """Whether the path is that of a network or block."""
        return NAMED.fullmatch(config_path) is not None

    def available(self) -> bool:
        """Return True: the source is always there."""
        return True

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Nothing."""
        return []


class TimmSearchPath(SearchPathPlugin):  # type: ignore[misc]
    """Puts the user's folders of configs, and then the source, behind the project's, which come first."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the folders and the source."""
        for folder in own_configs():
            search_path.append("LGA_CONFIG_DIR", f"file://{folder}")
        search_path.append("lga", f"{TimmConfigSource.scheme()}://")
