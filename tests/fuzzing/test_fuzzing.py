"""A short run of `make fuzz`, and that its engine sees what it looks for."""

import time

import pytest

from lga.system.errors import UserError
from tests.fuzzing.mutations import Target, fuzz
from tests.fuzzing.targets import annotation_targets, image_targets

SECONDS = 1.5  # a target


@pytest.mark.parametrize("make", [annotation_targets, image_targets])
def test_foreign_files_are_read_or_refused_in_one_line(tmp_path, make):
    for target in make(tmp_path):
        done, failures = fuzz(target, 400, seed=1, most_s=SECONDS)
        assert not failures, failures[0]
        assert done


def raises(content):
    if content != b"seed":
        raise KeyError(content)


def hangs(content):
    if content != b"seed":
        time.sleep(60)


def refuses(content):
    if content != b"seed":
        raise UserError("x: is wrong; correct it")


@pytest.mark.parametrize(("run", "count", "seen"), [(raises, 3, 3), (hangs, 1, 1), (refuses, 3, 0)])
def test_the_engine_sees_tracebacks_and_hangs(run, count, seen):
    assert len(fuzz(Target("t", [b"seed"], run), count)[1]) == seen
