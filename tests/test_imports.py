"""Each contract of pyproject.toml breaks when an import that it forbids is planted in a copy of the code."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PACKAGES = {path.name for path in (ROOT / "lga").iterdir() if (path / "__init__.py").exists()}
ONE_WAY, NO_CIRCLE, NO_CONFIG, NO_MMDET = (contract["name"] for contract in CONTRACTS)
VIOLATIONS = [
    (ONE_WAY, "structures/boxes.py", "lga.system.files"),
    (ONE_WAY, "attention/cbam.py", "lga.backbones"),
    (ONE_WAY, "detection/yolov8/nms.py", "lga.classification"),
    (ONE_WAY, "config/schema.py", "lga.run.build"),
    (ONE_WAY, "run/build.py", "lga.results.statistics"),
    (ONE_WAY, "results/statistics.py", "lga.launch.sweep"),
    (ONE_WAY, "results/sentences.py", "lga.dashboard"),
    (NO_CIRCLE, "data/download.py", "lga.data.preparation.prepare"),
    (NO_CIRCLE, "results/statistics.py", "lga.results.verdicts"),
    (NO_CONFIG, "detection/yolov8/nms.py", "omegaconf"),
    (NO_CONFIG, "tasks/devices.py", "hydra"),
    (NO_CONFIG, "system/files.py", "wandb"),
    (NO_MMDET, "detection/yolov8/nms.py", "mmcv"),
    (NO_MMDET, "dashboard/page/render.py", "mmengine"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "lga", folder / "lga", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder):
    """The names of the contracts that do not hold in a copy."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    finished = subprocess.run(
        [*command, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*)?$", finished.stdout, re.MULTILINE))
    assert verdicts.keys() == {contract["name"] for contract in CONTRACTS}, finished.stdout
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_every_contract_holds(copy):
    assert broken(copy) == set()


@pytest.mark.parametrize(("contract", "file", "imported"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(copy, contract, file, imported):
    path = copy / "lga" / file
    source = path.read_text()
    path.write_text(f"{source}\nimport {imported}\n")
    try:
        assert contract in broken(copy)
    finally:
        path.write_text(source)


def test_the_contracts_name_every_package():
    by_name = {contract["name"]: contract for contract in CONTRACTS}
    named = {f"lga.{package}" for package in PACKAGES}
    above = {"config", "run", "launch", "results", "dashboard", "library"}
    assert set(by_name[NO_CONFIG]["source_modules"]) == named - {f"lga.{package}" for package in above}
    assert set(by_name[NO_MMDET]["source_modules"]) == named
