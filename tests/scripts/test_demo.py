"""What the demo runs fits together; what it prints at the end can be run as printed."""

import shlex
from types import SimpleNamespace

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from scripts import demo


@pytest.fixture
def ran(monkeypatch):
    """The commands that would have run; the detector's first. A status put into it is that of all."""
    commands = []

    def run(command, **_):
        commands.append(command[1:])
        status = next((each for each in commands if isinstance(each, int)), 0)
        return SimpleNamespace(
            returncode=status, communicate=lambda: ("training\nmap50 34.27 in 60 s\n", None)
        )

    monkeypatch.setattr("sys.argv", ["demo.py"])
    monkeypatch.setattr(demo.subprocess, "run", run)
    monkeypatch.setattr(demo.subprocess, "Popen", run)
    monkeypatch.setattr(demo, "_images", lambda dataset: f"demo_{dataset}")
    return commands


def test_the_next_commands_are_of_the_cells_that_were_trained(ran, capsys):
    assert demo.main() == 0
    output = capsys.readouterr().out
    assert output.startswith("About three minutes on two cores: ")
    assert "map50 34.27 in 60 s" in output
    trained = freeze(compose(ran[0][1:])).cell
    trained_too, looks = ran[1:3]
    assert {"dataset=digits", demo.ATTENTIONS} <= {*trained_too} & {*looks}
    assert {"mode=predict", "mode.explain=true", "source=demo_digits"} <= {*looks}
    predict, sweep, page = [shlex.split(line) for line in output.splitlines() if line.startswith("  ")]
    assert predict[1:3] == ["run.py", "mode=predict"]
    assert freeze(compose([*predict[2:], f"seed={trained.seed}"])).cell == trained
    assert sweep[2] == "-m"
    assert freeze(compose([*sweep[3:4], "attention=eca", "seed=1"])).cell.attention == "eca"
    assert page == ["make", "dashboard"]


def test_a_command_that_fails_ends_it(ran, capsys):
    ran.append(3)
    assert demo.main() == 3
    assert "What to do next" not in capsys.readouterr().out


def test_it_takes_no_argument(ran, monkeypatch):
    monkeypatch.setattr("sys.argv", ["demo.py", "digits"])
    with pytest.raises(SystemExit, match="2"):
        demo.main()
    assert not ran
