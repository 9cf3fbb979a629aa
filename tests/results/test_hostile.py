"""Collecting leaves out what is wrong with one run, naming it, whatever it is; odd overrides are one line."""

import json
import os
import random
import time

import pytest

from lga.results.collect import collect
from lga.results.curves import read_curves
from lga.run.folder.record import MOST_METRICS
from lga.system.digests import digest
from lga.system.errors import UserError
from tests.results.hostile import try_override, try_record
from tests.results.made_records import leave_run, made_record


def changed(folder, **fields):
    """Writes fields over those of a record, and signs it."""
    path = folder / "result.json"
    content = {**json.loads(path.read_text()), **fields}
    del content["digest"]
    path.write_text(json.dumps({**content, "digest": digest(content)}))


def zeros(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def large(path):
    with path.open("r+b") as file:
        file.truncate(20_000_000)


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def deep(path):
    path.write_text('{"a": ' + "[" * 200_000)


config = made_record().config
SPOILT = {
    "config": (
        lambda run: changed(run, config={**config, "recipe": [1]}),
        "config: Value error, recipe: a group of",
    ),
    "nested": (
        lambda run: changed(
            run,
            config={**config, "attention": {"name": "a", "block": json.loads('{"a":' * 50 + "1" + "}" * 50)}},
        ),
        "nested more than 20 deep",
    ),
    "huge": (lambda run: changed(run, metrics={"top1": 1.7e308}), "metrics.top1: Input should be less than"),
    "nan": (lambda run: changed(run, score=float("nan")), "score: Input should be a finite number"),
    "names": (
        lambda run: changed(run, metrics={str(index): 1.0 for index in range(100_000)}),
        f"metrics: Dictionary should have at most {MOST_METRICS} items",
    ),
    "fifo": (lambda run: pipe(run / "result.json"), "not a regular file"),
    "link": (lambda run: zeros(run / "result.json"), "a link; only files are read"),
    "large": (lambda run: large(run / "result.json"), "20 MB; at most 17 are read"),
    "deep": (lambda run: deep(run / "result.json"), "not a run record: maximum recursion depth"),
    "name": (lambda run: run.rename(run.with_name(os.fsdecode(b"caf\xe9"))), "surrogates not allowed"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_wrong_with_one_run_leaves_the_others(tmp_path, what):
    for seed in range(3):
        leave_run(tmp_path / "good", made_record(seed=seed))
    spoil, message = SPOILT[what]
    spoil(leave_run(tmp_path / "bad", made_record(seed=3)))
    started = time.monotonic()
    found = collect(tmp_path)
    assert [run.record.cell.seed for run in found.runs] == [0, 1, 2]
    assert len(found.problems) == 1
    assert message in found.problems[0].reason
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("text", ["epoch,val/top1\ninf,1\n", ",".join(map(str, range(20_000))) + "\n1\n"])
def test_a_history_of_no_epochs_is_a_problem_of_its_run(tmp_path, text):
    folder = leave_run(tmp_path, made_record())
    (folder / "metrics.csv").write_text(text)
    (run,) = collect(tmp_path).runs
    with pytest.raises(UserError, match="not a history of metrics by epoch"):
        read_curves(run)
    (folder / "metrics.csv").unlink()
    os.mkfifo(folder / "metrics.csv")
    with pytest.raises(UserError, match="not a regular file"):
        read_curves(run)


def test_spoilt_records_never_hide_a_good_one(tmp_path):
    kinds = {bool(try_record(random.Random(number), tmp_path).problems) for number in range(300)}
    assert kinds == {True, False}


def test_odd_overrides_are_answered_in_one_line():
    answers = [try_override(random.Random(number)) for number in range(25)]
    assert sum(answer is not None for answer in answers) > 12
