"""What is given to make reaches the command word by word, and neither the shell nor make runs any of it."""

import shutil
import subprocess

import pytest

from tests.run.cells import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def printed(folder, *arguments):
    """What the target would hand to Python, run in an empty folder."""
    command = ["make", "-s", "-f", ROOT / "Makefile", "RUN=printf [%s]", "INSTALLED=", *arguments]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert list(folder.iterdir()) == []
    return finished.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("TABLE=x; touch PWN", "[x; touch PWN]"),
        ("TABLE=$(shell touch PWN)", "[$(shell touch PWN)]"),
        ("TABLE=it's", "[it's]"),
        ("SEEDS=1`touch PWN`", "[1`touch PWN`]"),
        ("SCALE=a|b", "[a|b]"),
        ("ARGS=logger.project=${x}", "[logger.project=${x}]"),
        ("ARGS=a=$(shell touch PWN)", "[a=$(shell][touch][PWN)]"),
        ("ARGS=attention=none,lga 'b", "[attention=none,lga]['b]"),
    ],
)
def test_plan_is_given_what_was_written(tmp_path, given, words):
    assert words in printed(tmp_path, "plan", given)


def test_the_other_targets_too(tmp_path):
    message = printed(tmp_path, "reproduce-a;b", "JOBS=2;x", "LAUNCHER=y&z", "ARGS=$x")
    assert "[a;b]" in message
    assert message.endswith("[--jobs][2;x][--launcher][y&z][$x]")
    assert "[x$y][--from][it's]" in printed(tmp_path, "data-x$y", "FROM=it's")
