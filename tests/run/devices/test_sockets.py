"""A TMPDIR so long that no socket can be made in it, as some clusters have: nothing fails or hangs."""

import subprocess
import sys
import tempfile

import pytest

from tests.run.cells import QUICK, run_py


@pytest.fixture
def long_folder(tmp_path):
    folder = tmp_path / ("a" * 100)
    folder.mkdir()
    return folder


def test_loaders_workers_start(tmp_path, long_folder):
    choices = ("dataset=digits", "attention=none", "trainer.num_workers=2")
    ended = run_py(*QUICK, *choices, f"paths.output_dir={tmp_path / 'out'}", env={"TMPDIR": str(long_folder)})
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.glob("out/runs/**/result.json"))


def test_a_sweeps_processes_start(tmp_path, long_folder):
    choices = ("dataset=digits", "attention=none,se", f"paths.output_dir={tmp_path / 'out'}")
    ended = run_py("-m", *QUICK, *choices, env={"TMPDIR": str(long_folder)})
    assert "sweep: 2 done, 0 cached, 0 failed, 0 left" in ended.stdout + ended.stderr
    assert list(long_folder.glob("pymp-*")) == []


@pytest.mark.parametrize("fits", [True, False])
def test_sockets_are_in_tmpdir_where_they_fit(long_folder, fits):
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = short if fits else str(long_folder)
        code = (
            "import tempfile; from multiprocessing import util;"
            "from lga.run.devices.processes import make_room_for_sockets; make_room_for_sockets();"
            "print(util.get_temp_dir(), tempfile.gettempdir())"
        )
        command = [sys.executable, "-c", code]
        output = subprocess.run(command, env={"TMPDIR": folder}, capture_output=True, text=True, check=True)
        sockets, temporary = output.stdout.split()
        assert temporary == folder
        assert sockets.startswith(f"{folder if fits else '/tmp'}/pymp-")
