"""A short run of `make fuzz`, and that its engine sees what it looks for."""

import time

import pytest

from lga.system.errors import UserError
from tests.fuzzing import mutations
from tests.fuzzing.targets import annotation_targets, image_targets

SECONDS = 1.5  # a target


@pytest.mark.parametrize("make", [annotation_targets, image_targets])
@pytest.mark.filterwarnings("ignore")  # Pillow's, of damaged images
def test_foreign_files_are_read_or_refused_in_one_line(tmp_path, make):
    for target in make(tmp_path):
        done, failures = mutations.fuzz(target, 400, seed=1, most_s=SECONDS)
        assert not failures, failures[0]
        assert done


SEED = b"12345678" * 8


def raises(content):
    if content != SEED:
        raise KeyError(content)


def hangs(content):
    if content != SEED:
        time.sleep(60)


def refuses(content):
    if content != SEED:
        raise UserError("x: is wrong; correct it")


@pytest.mark.parametrize(("run", "fails"), [(raises, True), (hangs, True), (refuses, False)])
def test_the_engine_sees_tracebacks_and_hangs(run, fails, monkeypatch):
    monkeypatch.setattr(mutations, "LIMIT_S", 0.05)
    _, failures = mutations.fuzz(mutations.Target("t", [SEED], run), 5)
    assert bool(failures) is fails
