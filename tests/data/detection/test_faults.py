"""Faults: what is refused and what is known, under each way of dealing with them."""

import pytest

from lga.data.detection.faults import Faults
from lga.system.errors import UserError

BROKEN = UserError("a.jpg: cannot be read")


def test_raise_refuses_the_first_fault_and_lets_known_ones_pass():
    faults = Faults("raise")
    faults.drop("boxes of no size", "a.txt:1")
    with pytest.raises(UserError, match=r"^a\.txt:2: expected 8 integers; correct it, or set"):
        faults.refuse("lines not understood", "a.txt:2", "expected 8 integers")
    with pytest.raises(UserError) as passed_on:
        faults.pass_on("images unreadable", "a.txt", BROKEN)
    assert passed_on.value is BROKEN
    assert (faults.dropped, faults.refused) == ([("boxes of no size", "a.txt:1")], [])


def test_skip_collects_both_and_tells_them_apart():
    faults = Faults("skip")
    faults.drop("boxes of no size", "a.txt:1")
    faults.refuse("lines not understood", "a.txt:2", "expected 8 integers")
    faults.pass_on("images unreadable", "a.txt", BROKEN)
    assert [what for what, _ in faults.dropped] == [
        "boxes of no size",
        "lines not understood",
        "images unreadable",
    ]
    assert faults.refused == [
        ("lines not understood", "a.txt:2", "expected 8 integers"),
        ("images unreadable", "a.txt", "a.jpg: cannot be read"),
    ]


@pytest.mark.parametrize(
    ("on_error", "decode", "decodes"),
    [("raise", None, False), ("skip", None, True), ("skip", False, False), ("raise", True, True)],
)
def test_images_are_decoded_with_skip_unless_said_otherwise(on_error, decode, decodes):
    assert Faults(on_error, decode).decode is decodes
