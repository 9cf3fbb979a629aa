"""What the demo runs fits together; what it prints at the end can be run as printed."""

import shlex
from types import SimpleNamespace

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from scripts import demo


def test_the_next_commands_are_of_the_cells_that_were_trained(monkeypatch, capsys):
    ran = []

    def run(command, check):
        ran.append(command[1:])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(demo.subprocess, "run", run)
    monkeypatch.setattr(demo, "_scenes", lambda folder: folder)
    assert demo.main() == 0
    told = capsys.readouterr().out
    assert told.startswith("About three minutes on two cores: ")
    trained = freeze(compose(ran[0][1:])).cell
    predict, sweep, page = [shlex.split(line) for line in told.splitlines() if line.startswith("  ")]
    assert predict[1:3] == ["run.py", "mode=predict"]
    assert freeze(compose([*predict[2:], f"seed={trained.seed}"])).cell == trained
    assert sweep[2] == "-m"
    assert freeze(compose([*sweep[3:4], "attention=eca", "seed=1"])).cell.attention == "eca"
    assert page == ["make", "dashboard"]


def test_a_command_that_fails_ends_it(monkeypatch, capsys):
    monkeypatch.setattr(demo.subprocess, "run", lambda command, check: SimpleNamespace(returncode=3))
    assert demo.main() == 3
    assert "What to do next" not in capsys.readouterr().out
