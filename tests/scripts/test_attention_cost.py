"""The harness with a clock by hand, the floor by hand, the report's round trip, and its text."""

import pytest
import torch

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.system.errors import UserError
from scripts.benchmarks.floor import Rates, Work, inference_work, training_work
from scripts.costs.attention import (
    LITERAL,
    NO_ROOM,
    Case,
    _first_call_fits,
    highest,
    interleaved,
    peak_bytes,
    predicted_bytes,
)
from scripts.costs.attention_report import KEPT, Report, Row, Times, markdown, read_report, write_report


def made_report():
    times = Times(low=1.0, median=1.25, high=2.0, peak_bytes=2_500_000)
    shared = {"network": "mobilenetv3 + yolov8", "channels": 24, "batch": 4, "parameters": 1234}
    shared |= {"gflops_paper": 8.5, "gflops": 7.125}
    inside = Row(**shared, alone=False, side=320, attention="lga", inference=times, training=times)
    none = Row(
        **{**shared, "gflops": None},
        **{"alone": True, "side": 80, "attention": "mhsa", "inference": None, "training": None},
        reason=NO_ROOM,
    )
    hardware = {"cpu": "A <Processor>", "cores": 2, "threads": 2}
    return Report(hardware=hardware, device="cpu", rounds=5, rows=(inside, none))


def test_rounds_call_everyone_once_in_a_drawn_order_and_take_the_second_call():
    """Each call of `a` takes 2 s and of `b` 3 s by the clock; the warming call is not timed."""
    now, called = [0.0], []

    def call(name, seconds):
        called.append(name)
        now[0] += seconds

    calls = {"a": lambda: call("a", 2), "b": lambda: call("b", 3)}
    spreads = interleaved(calls, 8, clock=lambda: now[0])
    assert (spreads["a"].low, spreads["a"].median, spreads["b"].high) == (2000, 2000, 3000)
    turns = [tuple(called[i : i + 4]) for i in range(0, len(called), 4)]
    assert set(turns) == {("a", "a", "b", "b"), ("b", "b", "a", "a")}


def test_quartiles_are_between_the_times():
    """Times 1, 2, 3, 4, 5 s have the quartiles 2, 3, 4 s."""
    ticks = iter([0, 1, 0, 2, 0, 3, 0, 4, 0, 5])
    spread = interleaved({"a": lambda: None}, 5, clock=lambda: next(ticks))["a"]
    assert (spread.low, spread.median, spread.high) == (2000, 3000, 4000)


def test_peak_of_changes_and_its_growth():
    assert highest([5, 7, -5, -7, 3]) == 12
    assert highest([-4, 2]) == 0
    assert predicted_bytes([10]) == 0
    assert predicted_bytes([10, 40]) == 160  # times 4, as maps of twice the side
    assert predicted_bytes([10, 160]) == 2560  # times 16, as attention between positions


def test_peak_of_a_call_counts_what_it_holds_at_a_time():
    """Two tensors of 4,000,000 bytes at a time, the first freed before the third."""
    x = torch.ones(1_000_000)

    def call():
        a = x + 1
        b = a + 1
        del a
        return b + 1

    assert 8_000_000 <= peak_bytes(call, torch.device("cpu")) < 8_000_100  # and the numbers added


def test_what_does_not_fit_is_reported_and_other_errors_are_not_hidden():
    def too_large():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    def wrong():
        raise RuntimeError("shapes differ")

    assert not _first_call_fits(too_large)
    with pytest.raises(RuntimeError, match="shapes differ"):
        _first_call_fits(wrong)


def test_inference_floor_by_hand():
    """B 1, C 6, G 3, maps 4 x 4: R 1, d = n = 2, S 3, period 11 (11 taps), so P 11 and Q 6; N 16.

    gates 16*6*4 + 3*16*2 = 480; scales (16 + 4 + 1) * (54 + 12) = 1386; products 11*6*1*4*6 = 1584;
    joined 16*6*9 = 864; to the spectrum 4*12*4*2 + 22*8*6*2 = 2496; back 8*22*6*3 + 4*4*12*3 = 3744.
    """
    work = inference_work(1, 6, 3, 4, 4, parameters=100)
    assert work == Work(2 * (480 + 1386 + 1584 + 864 + 2496 + 3744), 4 * (2 * 96 + 100))


def test_training_floor_by_hand():
    """As above; kernels 2*3*4*121 = 2904, their spectrum (11*12*11 + 22*22*6) * 2 * 3 = 26136."""
    weights, constants = 480 + 1386 + 1584 + 864 + 2904, 2496 + 3744 + 26136
    work = training_work(1, 6, 3, 4, 4, parameters=100)
    assert work == Work(2 * (3 * weights + 2 * constants), 4 * (5 * 96 + 300))


def test_floor_seconds_by_hand():
    """10 operations at 5 a second are 2 s, 30 bytes at 10 a second 3 s, 4 calls of half a second 2 s."""
    assert Rates(operations=5, bytes=10, call=0.5).floor_seconds(Work(10, 30), calls=4) == 5


def test_places_give_the_slots_of_the_networks_and_the_literal_block_with_equal_weights():
    case = Case("mobilenetv3", 10, 2, alone=True)
    block, literal = case.module("lga"), case.module(LITERAL)
    assert isinstance(block, LocalGlobalAttention)
    assert isinstance(literal, LiteralLocalGlobalAttention)
    assert (block.channels, case.inputs().shape, case.network) == (
        24,
        (2, 24, 10, 10),
        "mobilenetv3 + yolov8",
    )
    assert all(torch.equal(a, b) for a, b in zip(block.parameters(), literal.parameters(), strict=True))


def test_report_survives_its_file(tmp_path):
    path = tmp_path / "new" / "attention.json"
    assert read_report(path) is None
    write_report(made_report(), path)
    assert read_report(path) == made_report()
    assert made_report().latencies() == {"mobilenetv3 + yolov8": {"lga": 1.25}}
    path.write_text('{"rows": 3}')
    with pytest.raises(UserError, match=r"attention\.json: not a cost report .* make benchmark-attention"):
        read_report(path)


def test_markdown_has_quartiles_and_tells_what_did_not_fit():
    text = markdown(made_report())
    assert (
        "| mobilenetv3 + yolov8 | 320 x 320 | 4 | lga | 1,234 | 8.500 | 7.1250 | 1.25 (1.00 to 2.00) |"
        in text
    )
    assert f"| 24 channels | 80 x 80 | 4 | mhsa | 1,234 | 8.500 | - | {NO_ROOM} | {NO_ROOM} | - | - |" in text
    assert "A &lt;Processor&gt;" in text


def test_committed_page_is_that_of_its_report():
    report = read_report(KEPT)
    if report is None:
        pytest.skip("no measurement is kept")
    assert KEPT.with_name("README.md").read_text() == markdown(report)
