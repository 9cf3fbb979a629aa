"""What a run says, where nobody reads it any more."""

import logging
import os
import sys

from lga.run.machine.console import logging_to, show_values


def test_a_reader_that_has_left_costs_lines_and_not_the_run(tmp_path, monkeypatch, capsys):
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w"))
    with logging_to(tmp_path / "run.log"):
        logging.getLogger("lga").info("epoch 1 of 2")
    assert "epoch 1 of 2" in (tmp_path / "run.log").read_text()
    assert capsys.readouterr().err == ""
    monkeypatch.undo()


def test_small_numbers_keep_three_digits(capsys):
    show_values("cell", {"gflops": 0.0020431, "none": 0.0, "top1": 97.6351, "parameters": 680630}, False)
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "0.00204", "0.00", "97.64", "680,630",
    ]  # fmt: skip
