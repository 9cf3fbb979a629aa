"""The wheel: what it holds, and that a cell trains from it in an empty folder."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lga

ROOT = Path(__file__).parents[1]
# The wheel first, and this checkout, which the environment has as an editable install, not at all.
MAIN = """
import sys
sys.path = [sys.argv.pop(1)] + [path for path in sys.path if path not in ("", sys.argv[1])]
del sys.argv[1]
from lga.run.command_line import main
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("lga-*.whl")
    return built


def test_the_wheel_holds_configs_published_numbers_and_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"lga/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")}
    assert configs <= names
    assert {"lga/experiments/published/published.csv", "lga/py.typed", "lga/__main__.py"} <= names
    assert not any(name.startswith(("tests/", "scripts/")) for name in names)


def test_a_cell_trains_from_the_wheel_in_an_empty_folder(wheel, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(installed)
    empty.mkdir()
    cell = ["dataset=digits", "attention=lga", "trainer=smoke", "trainer.max_epochs=1", "logger=csv"]
    command = [sys.executable, "-c", MAIN, str(installed), str(ROOT), *cell]
    ended = subprocess.run(command, cwd=empty, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    (record,) = (empty / "outputs" / "runs").rglob("result.json")
    content = json.loads(record.read_text())
    assert content["status"] == "finished"
    assert content["code"]["commit"] is None


def test_the_version_is_the_packages():
    assert lga.__version__ == "0.1.0"
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = lga.nothing_such
