"""The estimate at full scale, by hand; the committed page is what the committed measurements give."""

import pytest

from lga.system.errors import UserError
from scripts.costs.estimate import (
    Assumed,
    Gpu,
    Loading,
    Measurements,
    NetworkCost,
    RunWork,
    makespan,
    memory_of,
    once,
    read_measurements,
    seconds_of,
    table_runs,
    training_rate,
    write_measurements,
)
from scripts.costs.scale_page import PAGE, SEEDS, scale_page

# 40 ms of operations, 60 ms of memory (6 x 1e9 / 1e11): the floor is 60 ms an image.
COST = NetworkCost(seconds=1.0, gflops=40.0, kept_bytes=1_000_000_000, calls=2_000, parameters=50_000_000)
GPU = Gpu("made", flops=1e12, bandwidth=1e11, memory=80e9, cores=4, dollars=1.0)
MEASURED = Measurements(
    "a machine",
    "0",
    {"net": COST},
    {"photographs": Loading(decoding=2.0, resized=20.0, width=8, height=8)},
    0.5,
)


def run(identity="a", dataset="photographs", trained=1000, judged=0):
    return RunWork(identity, dataset, "net", 16, trained, judged)


@pytest.mark.parametrize(
    ("dataset", "assumed", "seconds"),
    [
        ("photographs", Assumed(0.3), 200),  # 0.3 / 0.06 = 5 images/s on the GPU, fewer than 4 cores x 2
        ("photographs", Assumed(0.6), 125),  # 10 on the GPU, which waits for the cores' 8
        ("photographs", Assumed(0.6, cached=True), 100),
        ("arrays", Assumed(0.6), 100),
    ],
)
def test_a_run_takes_the_slower_of_training_and_loading(dataset, assumed, seconds):
    assert seconds_of(run(dataset=dataset), MEASURED, GPU, assumed) == pytest.approx(seconds)


def test_small_steps_wait_for_their_launches():
    """2,000 operators of 8 microseconds are 16 ms: 1,000 images a second in batches of 16, 62.5 alone."""
    small = NetworkCost(1.0, gflops=0.001, kept_bytes=1000, calls=2_000, parameters=1)
    assert training_rate(small, 16, GPU, Assumed(0.5)) == pytest.approx(1000)
    assert training_rate(small, 1, GPU, Assumed(0.5)) == pytest.approx(62.5)


def test_judging_is_a_third_of_training_and_one_process():
    """100 images: at 15 images/s on the GPU (loading gives 8 x 4), and 0.5 s each to judge."""
    assert seconds_of(run(trained=0, judged=100), MEASURED, GPU, Assumed(0.3)) == pytest.approx(100 / 15 + 50)
    assert seconds_of(run(dataset="arrays", trained=0, judged=100), MEASURED, GPU, Assumed(0.3)) == (
        pytest.approx(100 / 15)
    )


def test_memory_of_a_step():
    """16 images of 1 GB, 5 copies of 200 MB, 0.6 GB of context."""
    assert memory_of(run(), COST) == 16e9 + 1e9 + 0.6e9


def test_the_longest_runs_start_first():
    """3 | 3, then 2 | 2, then 2 to either: 7, where the other order would end at 6 or 8."""
    assert makespan([2, 3, 2, 3, 2], 2) == 7
    assert makespan([5, 1], 8) == 5
    assert makespan([5, 1], 1) == 6


def test_a_run_of_two_tables_is_counted_once():
    assert [one.identity for one in once([(run("a"), run("b")), (run("b"),)])] == ["a", "b"]


def test_measurements_are_read_as_written(tmp_path):
    path = tmp_path / "kept" / "measurements.json"
    write_measurements(MEASURED, path)
    assert read_measurements(path) == MEASURED


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"networks": 3}'])
def test_damaged_measurements_are_reported(tmp_path, content):
    path = tmp_path / "measurements.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"measurements\.json: not measurements \(.*--measure makes them"):
        read_measurements(path)
    with pytest.raises(UserError, match=r"nothing of 'other'; measure it"):
        MEASURED.network("other")


def test_the_committed_page_is_of_the_committed_measurements():
    assert PAGE.read_text(encoding="utf-8") == scale_page(table_runs(SEEDS), read_measurements())
