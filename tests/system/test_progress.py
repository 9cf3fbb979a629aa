import io
import sys

import pytest

from lga.system import progress
from lga.system.progress import Progress, track


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")


def test_without_a_terminal_it_is_lines_free_of_control_codes(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress("tiles of [bold]\x1b", 3, "images cut") as shown:
        shown.note("about 1 GB")
        for _ in range(3):
            shown.step()
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == r"tiles of [bold]\x1b: about 1 GB"
    assert [line.split(",")[0] for line in lines[1:4]] == [
        rf"tiles of [bold]\x1b: {n} of 3 images cut" for n in (1, 2, 3)
    ]
    assert lines[4].startswith(r"tiles of [bold]\x1b: 3 images cut in ")
    assert "\x1b" not in err


def test_bytes_whose_number_is_known_later(capsys):
    with Progress("file.zip", None, "bytes", summary=False) as shown:
        shown.reach(1000)
        shown.reach(2000, 4000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "file.zip: 1,000 bytes"
    assert second.startswith("file.zip: 2,000 of 4,000 bytes")


def test_on_a_terminal_a_bar_is_shown_and_the_cursor_comes_back_after_an_error(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def fail():
        for thing in track([1, 2], "files compared"):
            if thing == 2:
                raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert "files compared" in terminal.getvalue()
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_what_is_printed_to_a_file_stays_out_of_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress("predicting", 1, "images", summary=False):
        print("skipped: a.png")
    assert capsys.readouterr().out == "skipped: a.png\n"
    assert "skipped" not in terminal.getvalue()
