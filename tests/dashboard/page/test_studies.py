"""What the page says of the studies, as data.

Student's t(0.975, 2) = 4.3027 and p = 1 - |t| / sqrt(t^2 + 2): lga's gains 0.8, 0.9, 1.1 have mean 0.9333,
s = 0.1528, t = 10.58, p = 0.0088. With one degree of freedom p = 1 - 2 / pi * atan |t|: se's gains -0.1, 0.3
have mean 0.1, s = 0.2828, t = 0.5, p = 0.7048. By Holm over the two: 0.0176 and 0.7048.
At that s a change of 1 point is found by 3 pairs with a power of 0.83, by 2 with 0.3.
"""

import pytest

from lga.dashboard.page.payload import _forests, payload
from lga.dashboard.page.studied import studied
from lga.results.collect import Collection, collect
from lga.results.experiments import chosen_pages
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_run, made_record
from tests.results.made_studies import find_made, keep_made, leave_study


@pytest.fixture
def data(tmp_path, monkeypatch):
    return data_of_study(tmp_path, monkeypatch)


def data_of_study(folder, monkeypatch, **fields):
    leave_study(folder / "runs", **fields)
    kept = keep_made(collect(folder / "runs").runs, folder, monkeypatch)
    return payload(Collection(folder, (), ()), folder, GENERATED, kept=kept)


def rows_of(data):
    ((page,),) = (data["studies"],)
    ((study,),) = (page["studies"],)
    ((family,),) = (study["families"],)
    return {row["attention"]: row for row in family["rows"]}


def seeds_of(data, positions):
    return [(data["runs"][position]["attention"], data["runs"][position]["seed"]) for position in positions]


def test_a_study_tells_its_question_its_limits_and_what_it_found(data):
    (page,) = data["studies"]
    (study,) = page["studies"]
    assert "stands for the paper's data" in page["limits"]
    assert study["question"].startswith("Does an attention in MobileNetV3's slot change")
    assert study["findings"] == [
        "Handwritten digits with MobileNetV3, top-1 accuracy: lga (gain of +0.93 [+0.51, +1.36], p 0.006); "
        "undecided: 2 of 3; a gain of 0.65 would have been found in four of five repetitions; "
        "about 14 seeds (5 to 31) would settle all within 0.3 points."
    ]
    (family,) = study["families"]
    assert (family["scale"], family["marked"], family["network"]) == ("embedded", False, "mobilenetv3")


def test_gains_are_adjusted_and_have_words(data):
    rows = rows_of(data)
    assert rows["lga"]["gain"]["mean"] == pytest.approx(0.9333, abs=1e-4)
    assert rows["lga"]["gain"]["p"] == pytest.approx(
        0.0056, abs=1e-4
    )  # of two rows: one seed of eca is no test
    assert [row["word"] for row in rows.values()] == [None, "gain", "undecided", "undecided", None]
    (study,) = data["studies"][0]["studies"]
    assert study["words"] == {"gain": 1, "undecided": 2}
    assert "3 cells, 3 degrees of freedom" in study["families"][0]["sight"]
    assert (study["compared"], study["ran"]) == (4, 3)
    assert {row["overall_p"] for row in rows.values()} == {None}  # one question asks for all of them


def test_numbers_name_the_runs_behind_them(data):
    rows = rows_of(data)
    assert seeds_of(data, rows["none"]["runs"]) == [("none", 1), ("none", 2), ("none", 3)]
    assert seeds_of(data, rows["se"]["gain"]["runs"]) == [("se", 2), ("se", 3), ("none", 2), ("none", 3)]
    assert rows["none"]["gain"] is None


def test_what_did_not_run_has_no_number(data):
    row = rows_of(data)["cbam"]
    assert (row["runs"], row["ours"], row["gain"], row["parameters"]) == ([], None, None, None)


def test_numbers_of_runs_cut_short_are_marked(tmp_path, monkeypatch):
    found = data_of_study(tmp_path, monkeypatch, scale="smoke")
    (family,) = found["studies"][0]["studies"][0]["families"]
    assert family["marked"]


@pytest.mark.parametrize(
    "record",
    [
        made_record("visdrone", attention="lga", seed=1),
        made_record("digits", attention="none", seed=1),
        made_record("digits", attention="lga", seed=1, status="failed", error="no data"),
        made_record("digits", attention="lga_heads_2", seed=1),
    ],
)
def test_without_a_run_to_compare_nothing_is_shown(tmp_path, monkeypatch, record):
    leave_run(tmp_path / "runs", record)
    assert find_made(collect(tmp_path / "runs"), monkeypatch) == {}


def test_runs_with_other_settings_make_no_study(tmp_path, monkeypatch):
    leave_run(tmp_path / "runs", made_record("digits", attention="lga", seed=1, epochs=7))
    assert find_made(collect(tmp_path / "runs"), monkeypatch) == {}


def test_own_runs_are_compared_apart_from_the_kept_ones(tmp_path, monkeypatch):
    """A user's runs of some cells of a kept study, on another machine and by another revision."""
    elsewhere = {
        "environment": {"accelerator": "cpu", "cpu": "EPYC"},
        "code": {"commit": "b" * 40},
        "started": "2026-11-28T10:00:00+00:00",
        "ended": "2026-11-28T11:00:00+00:00",
    }
    leave_study(tmp_path / "kept")
    kept = keep_made(collect(tmp_path / "kept").runs, tmp_path, monkeypatch)
    alone = payload(Collection(tmp_path, (), ()), tmp_path, GENERATED, kept=kept)
    for attention, top1 in {"none": 98.65, "lga": 98.09}.items():
        for seed in (1, 2):
            leave_run(
                tmp_path / "runs",
                made_record("digits", attention=attention, seed=seed, top1=top1 + seed / 10, **elsewhere),
            )
    own = collect(tmp_path / "runs")
    found = find_made(own, monkeypatch)
    data = payload(own, tmp_path, GENERATED, studies=found, kept=kept)
    yours, committed = data["studies"]
    assert yours["title"] == "Your runs: Ten attentions on the embedded digits"
    assert yours["studies"][0]["id"] == "own-embedded"
    assert numbers_of(committed) == numbers_of(alone["studies"][0])
    expected = {"none": (98.8, None), "lga": (98.24, -0.56)}
    assert numbers_of(yours) == {name: pytest.approx(numbers) for name, numbers in expected.items()}
    assert [group["attention"] for group in data["groups"]] == ["none", "lga"]  # the kept ones stand apart
    assert {comparison["mixture"] for comparison in data["comparisons"]} == {""}


def numbers_of(page):
    """Mean and gain by attention of a page with one family."""
    ((family,),) = (page["studies"][0]["families"],)
    ran = {row["attention"]: row for row in family["rows"] if row["runs"]}
    return {name: (row["ours"]["mean"], row["gain"] and row["gain"]["mean"]) for name, row in ran.items()}


def test_limits_have_no_markdown_links():
    """The README of `table1_short` links its protocol; the page, which may lie anywhere, names it."""
    (page,) = chosen_pages("table1_short")
    (study,) = studied({page: []}, {})
    assert "protocol.md was written before the first run" in study["limits"]
    assert "](" not in study["limits"]


def test_a_cell_of_two_pages_counts_once_in_the_forest():
    """Gains of 1 and 3: 2 on average, of two cells, though one stands on two pages with other errors."""

    def cell(place, mean, error, page):
        gain = {"n": 3, "mean": mean, "low": mean - 1, "high": mean + 1}
        return {
            "place": place,
            "metric": "map50",
            "gain": gain,
            "error": error,
            "published": 0.5,
            "page": page,
        }

    (forest,) = _forests([cell("A", 1.0, 0.3, "x"), cell("B", 3.0, 0.4, "x"), cell("A", 1.0, 0.5, "y")])
    assert len(forest["cells"]) == forest["pooled"]["n"] == 2
    assert forest["pooled"]["mean"] == 2.0
