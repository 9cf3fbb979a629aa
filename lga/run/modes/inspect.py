"""`mode=inspect`: what a set's files hold, and what of it is wrong; trains nothing.

Exit status 1 where something is wrong. What `inspect.json` and `inspect.pictures` name is written; the folder
of pictures gets ``<part>-images.png`` and ``<part>-sizes.png``.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from lga.config.frozen_run import FrozenRun
from lga.config.instantiation import make
from lga.data.detection.faults import Faults
from lga.data.inspection.pictured import Pictured
from lga.data.inspection.pictures import picture_files, published_parts, split_parts
from lga.data.inspection.published_set import PublishedInspection, inspect_splits
from lga.data.inspection.report import Report
from lga.data.published import PublishedDataset
from lga.run.modes.inspect_tables import show
from lga.system.files import writable, write_atomically, write_text
from lga.system.progress import Track, track, untracked


def inspect(run: FrozenRun) -> None:
    """Reports on the set of `dataset`; exits with status 1 where something is wrong."""
    try:
        report = _inspect(run.cfg)
    except KeyboardInterrupt:
        sys.exit("stopped; the inspection is not complete")
    if report.wrong:
        sys.exit(1)


def _inspect(cfg: DictConfig) -> Report:
    report, parts = _report(cfg)
    show(report, Console(), complete_in=cfg.inspect.json)
    if cfg.inspect.json:
        path = Path(cfg.inspect.json)
        with writable(path.parent, "inspect.json"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(report.as_dict(), indent=1) + "\n")
    if cfg.inspect.pictures and parts:
        _write_pictures(Path(cfg.inspect.pictures), parts, _track(cfg))
    return report


def _report(cfg: DictConfig) -> tuple[Report, Mapping[str, Pictured]]:
    """The report, and the parts to make pictures of."""
    decode, reader = Faults(cfg.data.on_error).decode, _reader(cfg)
    if isinstance(reader, PublishedDataset):
        inspection = PublishedInspection(reader, decode, _track(cfg))
        return inspection.report(), published_parts(inspection)
    name, class_names = cfg.dataset.name, tuple(cfg.dataset.class_names)
    where = str(cfg.dataset.reader.get("data_dir", "installed packages"))
    checked = getattr(reader, "checked", "what its reader checks")
    report, splits = inspect_splits(name, where, checked, class_names, reader)
    return report, split_parts(name, splits, class_names) if splits else {}


def _reader(cfg: DictConfig) -> Any:
    """The set's reader; one that may collect faults does, since the first must not end the inspection."""
    collecting = {"on_error": "skip"} if "on_error" in cfg.dataset.reader else {}
    node = OmegaConf.create({**cfg.dataset.reader, **collecting})
    return make(node, "dataset.reader")


def _write_pictures(folder: Path, parts: Mapping[str, Pictured], track: Track) -> None:
    with writable(folder, "inspect.pictures"):
        folder.mkdir(parents=True, exist_ok=True)
        for part in track(list(parts), "pictures of parts"):
            for name, content in picture_files(part, parts[part]):
                _write(folder / name, content)
    print(f"pictures of {len(parts)} parts: {folder}")


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, lambda file: file.write(content))


def _track(cfg: DictConfig) -> Track:
    return track if cfg.trainer.progress else untracked
