"""Which packages mmdet may come from, and that nobody pays for it who does not ask for it."""

import json
import os
import subprocess
import sys

import pytest

from lga.detection.mmdet_bridge import packages
from lga.system.errors import UserError

LOADED = """
import json, sys
from lga.run.build import build_data, build_network, build_task
from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run.devices.processes import PRELOADED
for name in PRELOADED:
    __import__(name)
cfg = freeze(compose(sys.argv[1:])).cfg
build_task(cfg, build_network(cfg)), build_data(cfg)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def loaded_by(*overrides):
    """The packages in memory once the parts of a cell are built."""
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *overrides],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1])), run.stderr


@pytest.mark.parametrize("dataset", ["digits", pytest.param("digit_scenes", marks=pytest.mark.slow)])
def test_other_cells_import_nothing_of_it(dataset):
    assert not loaded_by(f"dataset={dataset}")[0] & {"mmdet", "mmcv", "mmengine", "timm"}


@pytest.mark.slow
def test_its_import_says_nothing():
    """Neither the operations that are not compiled nor how weights are drawn is shown to the user."""
    loaded, said = loaded_by("dataset=digit_scenes", "detector=retinanet")
    assert {"mmdet", "mmcv", "mmengine"} <= loaded
    assert [line for line in said.splitlines() if "mm" in line] == []


@pytest.mark.parametrize(("upstream", "fork"), packages.FORKS.items())
def test_two_packages_that_own_a_folder_are_refused(monkeypatch, upstream, fork):
    installed = {*packages.FORKS.values(), upstream}
    monkeypatch.setattr(packages, "_installed", installed.__contains__)
    with pytest.raises(UserError, match=f"{upstream} and {fork} are both installed") as refused:
        packages.check_packages()
    assert f"pip uninstall -y {upstream} {fork}" in str(refused.value)


def test_upstreams_alone_are_taken(monkeypatch):
    monkeypatch.setattr(packages, "_installed", {"mmdet", "mmcv", "mmengine"}.__contains__)
    packages.check_packages()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(packages, "_installed", {"onedl-mmcv", "onedl-mmengine"}.__contains__)
    with pytest.raises(UserError, match="needs mmdet: pip install 'lga\\[mmdet\\]'"):
        packages.check_packages()
