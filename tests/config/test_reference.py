"""What `run.py --help` and `lga keys` print: every key with its line, no file that is no option."""

import subprocess
import sys
from typing import get_type_hints

import pytest

from lga.config.recipe_schema import ScheduleConfig
from lga.config.reference import help_text, keys, print_keys
from lga.system.errors import UserError
from tests.run.cells import ROOT


def test_every_key_of_the_schema_has_its_line():
    found = list(keys())
    assert len(found) > 100
    assert [key.name for key in found if not key.line] == []
    assert max(len(key.line) for key in found) < 106


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("trainer.precision", "32-true", "32-true, bf16-mixed, bf16-true, 64-true"),
        ("trainer.threads", "null", "whole number, at least 1, at most 1024, or null"),
        ("data.train_share", "1.0", "number, above 0, at most 1"),
        ("mode.json", "false", "true or false"),
        ("weights", "null", "path, or null"),
        ("logger.project", "local-global-attention", r"1 to 128 letters, no / \ # ? % :"),
        ("recipe.detection.mosaic", "", "number, at least 0, at most 1"),
        ("recipe", None, "recipe=<option>"),
        ("attention.block", "lga.attention.NoAttention", "mapping"),
    ],
)
def test_a_key_says_its_value_and_what_it_takes(name, value, takes):
    (found,) = [key for key in keys() if key.name == name]
    assert found[1:3] == (value, takes)


def test_overrides_choose_the_config_that_values_are_of(capsys):
    print_keys(["recipe.detection", "dataset=digit_scenes"])
    section, first, *rest = capsys.readouterr().out.splitlines()
    assert section.split() == ["recipe.detection", "section", "what", "a", "detector's", "training", "needs"]
    assert first.startswith("recipe.detection.box_gain=7.5 ")
    assert len(rest) == 10


def test_several_sections_are_printed_each(capsys):
    print_keys(["seed", "recipe.schedule", "seed"])
    assert [line.split("=")[0].split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "recipe.schedule", *(f"recipe.schedule.{name}" for name in get_type_hints(ScheduleConfig)), "seed"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trane"], r"trane: no such key; did you mean trainer\? valid: mode, dataset"),
        (["recipe.opt"], r"recipe\.opt: no such key of recipe; did you mean optimizer\?"),
        (["trainer", "x"], "x: no such key; valid: mode, dataset"),
    ],
)
def test_a_mistyped_key_is_answered(arguments, message):
    with pytest.raises(UserError, match=f"^{message}"):
        print_keys(arguments)


def test_help_lists_options_alone_and_those_of_an_own_folder(tmp_path):
    (tmp_path / "attention").mkdir()
    (tmp_path / "attention" / "mine.yaml").touch()
    text = help_text(str(tmp_path))
    assert "\nbackbone: mobilenetv3, resnet18, " in text
    assert "mine" in text
    assert " _" not in text
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("command", [["keys"], ["--help"], ["runs", "--runs", "tests/library", "list"]])
def test_a_reader_that_stops_early_is_no_error(command):
    program = [sys.executable, "run.py", *command]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
