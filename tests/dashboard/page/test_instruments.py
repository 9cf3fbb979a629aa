"""What the page takes from `instruments.json`: series, exact zeros, a budget, and files it cannot read."""

import json

import pytest

from lga.dashboard.page.instrumented import POINTS, instrumented, read_instruments
from lga.instruments import block_state
from lga.instruments.callback import row, summary
from lga.instruments.gradients import GradientSampler
from lga.results.collect import collect
from lga.system.errors import UserError
from tests.dashboard.page.made_instruments import leave_instruments, watched
from tests.instruments.blocks import made
from tests.results.made_records import leave_run, made_record


def shown(root, **settings):
    runs, problems = collect(root).runs, []
    return instrumented(runs, {id(run): n for n, run in enumerate(runs)}, problems, **settings), problems


def test_series_zeros_and_alarms(tmp_path):
    """Norms of values are 0.3 times the epoch, alphas 0.5 + epoch / 100."""
    leave_instruments(leave_run(tmp_path, watched(made_record(attention="lga"))))
    data, problems = shown(tmp_path)
    (block,) = data["blocks"]
    assert problems == []
    assert (block["run"], block["name"], block["epochs"]) == (0, "model.backbone.attention", [1, 2, 3])
    assert block["alpha"]["global"] == [0.51, 0.52, 0.53]
    assert block["gradients"]["global 11x11"] == {"q": [0, 0, 0], "k": [0, 0, 0], "v": [0.3, 0.6, 0.9]}
    assert block["gate"]["weights"][3] == [0.1, 0.1, 0.1]
    assert block["unreached"] == {"position_encoding": 0.957}
    assert block["kernel"][5][5] == 1.25
    assert [(alarm["sign"], alarm["first"], alarm["last"]) for alarm in block["alarms"]] == [
        ("dead parameters", 1, 3)
    ]


def test_runs_without_instruments_show_nothing(tmp_path):
    leave_instruments(leave_run(tmp_path, made_record()))  # of an attempt that was resumed without them
    leave_run(tmp_path, watched(made_record(attention="se")))  # an attention without the block
    assert shown(tmp_path) == (None, [])


def test_long_runs_are_thinned_from_the_first_to_the_last(tmp_path):
    leave_instruments(leave_run(tmp_path, watched(made_record())), epochs=200)
    epochs = shown(tmp_path)[0]["blocks"][0]["epochs"]
    assert (len(epochs), epochs[0], epochs[-1]) == (POINTS, 1, 200)


def test_what_does_not_fit_is_named(tmp_path):
    for attention in ("lga", "lga_as_written"):
        leave_instruments(leave_run(tmp_path, watched(made_record(attention=attention))))
    size = len(json.dumps(shown(tmp_path)[0]["blocks"][:1]))
    data, _ = shown(tmp_path, budget=size)
    assert len(data["blocks"]) == 1
    assert data["left_out"] == ["digits, mobilenetv3, lga_as_written"]


@pytest.mark.parametrize(
    "content", ["{", '{"rows": []}', "[]", '{"every": 0, "images": 1, "alarms": [], "rows": []}']
)
def test_a_broken_file_is_a_problem_and_no_more(tmp_path, content):
    folder = leave_run(tmp_path, watched(made_record()))
    (folder / "instruments.json").write_text(content)
    data, problems = shown(tmp_path)
    assert data is None
    assert problems[0].reason.startswith("not what instruments write: ")


@pytest.mark.parametrize("name", ["lga", "varied_as_written", "bare"])
def test_what_the_instruments_write_is_what_is_read(tmp_path, name):
    """A block without images has no gate and no kernel; one of them has no scales at all."""
    block = made(name)
    sampler = GradientSampler(block)
    sampler.sample()
    rows = [row(1, 5, {"net": block_state(block, None, sampler.state())}, None)]
    path = tmp_path / "instruments.json"
    path.write_text(json.dumps({"every": 1, "images": 1, **summary(rows), "rows": rows}))
    assert read_instruments(path).rows[0].blocks["net"].gradients.dead == 1
    path.write_text("{}")
    with pytest.raises(UserError, match="not what instruments write: every: Field required"):
        read_instruments(path)
