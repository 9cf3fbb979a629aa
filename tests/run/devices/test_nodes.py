"""One cell on two nodes: two torchrun agents on addresses of this machine, as if they were on two."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from lga.run.devices.device_sets import Launched, launched
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import QUICK, ROOT, cell
from tests.run.devices.test_devices import of_session

TWO = ("trainer.num_nodes=2", "trainer.num_workers=0", "trainer.threads=1")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def agents(folder, *overrides):
    """Both, started: each trains one rank of the cell."""
    port = free_port()
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"),
                *(f"--node-rank={node}", "--master-addr=127.0.0.1"),
                *(f"--master-port={port}", f"--local-addr=127.0.0.{1 + node}", "--monitor-interval=0.1"),
                *("run.py", *QUICK, *TWO, *overrides, f"paths.output_dir={folder}"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for node in range(2)
    ]


def test_two_nodes_leave_the_record_that_one_process_says(tmp_path):
    folder = RunDirectory(cell(tmp_path, *TWO))
    both = agents(tmp_path)
    message = [agent.communicate(timeout=300) for agent in both]
    assert [agent.returncode for agent in both] == [0, 0], message
    assert [output.count("\n") for output, _ in message] == [2, 0]
    record = read_record(folder.result)
    execute(cell(tmp_path, *TWO, "mode=evaluate"))  # in this process alone
    alone = json.loads((folder.path / "evaluation-test" / "metrics.json").read_text())
    assert record.metrics == pytest.approx(alone["metrics"], rel=1e-6, abs=1e-6)
    assert [row.split(",")[0] for row in folder.metrics.read_text().splitlines()] == ["epoch", "1", "2"]


@pytest.mark.parametrize("killed", ["rank", pytest.param("agent", marks=pytest.mark.slow)])
def test_a_node_that_goes_ends_the_others_with_one_line(tmp_path, killed):
    folder = RunDirectory(cell(tmp_path, *TWO, "trainer.max_epochs=500"))
    first, second = agents(tmp_path, "trainer.max_epochs=500")
    while not folder.last_checkpoint.is_file():
        assert first.poll() is second.poll() is None
        time.sleep(0.05)
    (rank,) = subprocess.run(
        ["pgrep", "-P", str(second.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(rank) if killed == "rank" else second.pid, signal.SIGKILL)
    _, output = first.communicate(timeout=60)
    second.communicate(timeout=60)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    where = f"(rank 1 of 2 on node 1 ({socket.gethostname()}), log {folder.log})"
    assert line == f"error: a process ended without a word, most likely killed {where}"
    assert f"error: {read_record(folder.result).error}" == line
    assert first.returncode == 1
    deadline = time.monotonic() + 10
    while (left := [*of_session(first.pid), *of_session(second.pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_several_nodes_without_a_launcher_are_reported_what_to_run(tmp_path):
    with pytest.raises(UserError, match=r"run on each node torchrun --nnodes=2 --nproc-per-node=1 .* srun"):
        execute(cell(tmp_path, *TWO))


def test_who_a_process_is_by_its_launcher(monkeypatch):
    two = {"num_nodes": 2, "devices": 2}
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    assert launched(two) == Launched(3, 4)
    assert launched({"num_nodes": 1, "devices": 2}) is None  # a job of a sweep on SLURM
    with pytest.raises(UserError, match="are 2 processes, but 4 were started"):
        launched({"num_nodes": 2, "devices": 1})
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert launched(two) == Launched(1, 4)
