"""A published set of images so large, or objects so small, that networks are shown tiles of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import DetectionSource
from lga.data.detection.tile_store import TileStore
from lga.data.detection.tiling import TilingRule, tiled_source, windows_of
from lga.data.published.published_dataset import PublishedDataset


class TiledDataset(PublishedDataset):
    """A published set that can be cut; images are held out whole, so that no two splits share one.

    Args:
        data_dir, cache_dir, splits, on_error, subset: see `PublishedDataset`.
        tiling: attributes of a `TilingRule`; None leaves images whole.
    """

    def __init__(
        self,
        data_dir: str | Path,
        cache_dir: str | Path,
        splits: str = "official",
        on_error: str = "raise",
        subset: bool | None = None,
        tiling: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data_dir, cache_dir, splits, on_error, subset)
        self.tiling = None if tiling is None else TilingRule.of_settings(tiling)

    def prepare(self, source: DetectionSource) -> DetectionSource:
        """Return the split of the tiles, if the set is to be cut; cut them if they are not there yet."""
        if self.tiling is None:
            return source
        windows = windows_of(source.sizes, self.tiling)
        store = TileStore(self.cache_dir, self.name, self.tiling)
        files = store.files(self.root, source.names, source.sizes, windows)
        sizes = windows.extent[:, 2:] - windows.extent[:, :2]
        return tiled_source(source, windows, self.tiling, FileImages(store.folder, files, sizes))
