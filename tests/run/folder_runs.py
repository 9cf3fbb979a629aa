"""Runs on small trees of VisDrone, finished or interrupted without training."""

import json

from lga.config.instantiation import make
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import DataRecord, write_record
from lga.system.digests import digest
from tests.data.trees.visdrone import write_tree
from tests.results.made_records import made_record
from tests.run.cells import cell

OF_VISDRONE = ("dataset=visdrone", "dataset.image_size=96", "recipe.batch_size=4")


def visdrone(tmp_path, tree="one", images=6):
    """Return the folder of a run on a tree, which is written, and the reader's manifest of it."""
    write_tree(tmp_path / tree, images=images)
    folder = run_on(tmp_path, tree)
    return folder, make(folder.run.cfg.dataset.reader, "dataset.reader")().manifest


def run_on(tmp_path, tree):
    """Return the folder of the run on a tree that may not be there."""
    paths = (f"paths.data_dir={tmp_path / tree}", f"paths.cache_dir={tmp_path / 'cache'}")
    return RunDirectory(cell(tmp_path / "outputs", *OF_VISDRONE, *paths))


def finish(folder, manifest):
    """Leave the record that the run would have left."""
    folder.path.mkdir(parents=True, exist_ok=True)
    data = DataRecord(manifest_hash=digest(manifest), files=manifest, counts={"train": 6})
    write_record(folder.result, made_record(config_hash=folder.run.config_hash, data=data))
    return json.loads(folder.result.read_text())
