"""Histories of epochs, thinned."""

import pytest

from lga.results.collect import CollectedRun
from lga.results.curves import Curves, curve_text, evenly_spaced, read_curves
from lga.system.errors import UserError
from tests.results.made_records import made_record


def run_in(folder, **fields):
    return CollectedRun(folder, made_record(**fields))


def test_reads_validation_columns_alone(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(
        "epoch,train/loss,val/top1,val/coco/map50,lr/0\n1,2.5,10.123456,,0.1\n2,2.0,nan,33.5,0.1\n"
    )
    expected = {"top1": [10.123, None], "coco/map50": [None, 33.5]}
    assert read_curves(run_in(tmp_path)) == Curves([1, 2], expected)


def test_long_histories_keep_their_ends(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,val/top1\n" + "".join(f"{epoch},{epoch}\n" for epoch in range(1, 1001)))
    curves = read_curves(run_in(tmp_path), points=5)
    assert curves.epochs == [1, 251, 501, 750, 1000]  # 1 + round(k * 999 / 4), halves to even
    assert curves.metrics["top1"] == [1, 251, 501, 750, 1000]


def test_short_histories_are_whole():
    assert evenly_spaced(3, 100) == [0, 1, 2]


def test_no_file_is_no_curve(tmp_path):
    assert read_curves(run_in(tmp_path)) is None


def test_an_empty_history_has_no_epochs(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,val/top1\n")
    assert read_curves(run_in(tmp_path)) == Curves([], {})


def test_a_row_cut_short_has_no_value(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,val/top1\n1\n")
    assert read_curves(run_in(tmp_path)) == Curves([1], {"top1": [None]})


@pytest.mark.parametrize("text", ["step,val/top1\n1,2\n", "epoch,val/top1\n1,high\n"])
def test_what_is_no_history_is_an_error(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(UserError, match="not a history of metrics by epoch"):
        read_curves(run_in(tmp_path))
    with pytest.raises(UserError, match="not a history of metrics by epoch"):
        read_curves(run_in(tmp_path / "kept.json", curve=text))


def test_a_kept_record_tells_its_own_curve(tmp_path):
    (tmp_path / "metrics.csv").write_text(
        "epoch,train/loss,val/top1,lr/0,lr/1\n1,2.5123456,10.123456,0.1,1\n2,2.0,,0.1\n"
    )
    text = curve_text(run_in(tmp_path))
    assert text == "epoch,train/loss,val/top1\n1,2.5123,10.123\n2,2,\n"
    kept = run_in(tmp_path / "none.json", curve=text)
    assert read_curves(kept) == read_curves(run_in(tmp_path)) == Curves([1, 2], {"top1": [10.123, None]})
    assert curve_text(kept) == text
    assert curve_text(run_in(tmp_path / "elsewhere")) is None
