"""What the terminal shows."""

import io
import math

from rich.console import Console

from lga.results.collect import collect
from lga.results.reports.terminal import show
from tests.results.made_records import leave_run, made_record


def shown(root):
    text = io.StringIO()
    show(collect(root), Console(file=text))
    return text.getvalue()


def test_shows_means_intervals_and_differences(tmp_path):
    for attention, tops in {"none": (90.0, 92.0), "se": (91.0, 93.5)}.items():
        for seed, top1 in enumerate(tops):
            leave_run(tmp_path, made_record(attention=attention, seed=seed, top1=top1))
    lines = shown(tmp_path).splitlines()
    assert "digits, mobilenetv3, scale embedded, recipe digits" in lines[0]
    cells = [cell.strip() for cell in next(line for line in lines if "│ se" in line).strip("│").split("│")]
    assert cells[:5] == [
        "se",
        "92.25",
        "56.35 to 99.10",
        "2",
        "+1.25",
    ]  # log odds: 2.477 -+ 12.7062 * 1.25 / 7.149
    assert lines[-1].startswith("se is not shown to differ from none in top-1 accuracy: +1.25 ")


def test_the_reference_is_first_and_then_the_best(tmp_path):
    for attention, top1 in {"lga": 91.0, "cbam": 88.0, "none": 90.0, "se": 92.0}.items():
        leave_run(tmp_path, made_record(attention=attention, top1=top1))
    rows = [line.strip("│").split("│")[0].strip() for line in shown(tmp_path).splitlines() if "│" in line]
    assert rows == ["none", "se", "lga", "cbam"]


def test_names_failures_and_unreadable_files_without_reading_markup(tmp_path):
    leave_run(tmp_path, made_record(status="failed", error="[red]no data[/red]", metrics={}, score=None))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "result.json").write_text("{")
    text = shown(tmp_path)
    assert "[red]no data[/red]" in text
    assert "left out: " in text


def test_says_when_there_is_nothing(tmp_path):
    assert "no run records below" in shown(tmp_path)


def test_gains_of_unequal_spread_are_named_so(tmp_path):
    noise = [math.sin(5 * seed) for seed in range(10)]
    for number, attention in enumerate(("none", "se", "lga", "cbam")):
        for seed in range(10):
            top1 = 90 + noise[(seed * (2 * number + 1)) % 10] * (5 if attention == "cbam" else 0.1)
            leave_run(tmp_path, made_record(attention=attention, seed=seed, top1=top1))
    text = " ".join(shown(tmp_path).split())
    assert "those of differences hold together over this table (each of its own spread)" in text
