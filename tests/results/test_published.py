"""The published rows: the shipped file, and what is refused in one that was edited."""

from collections import Counter

import pytest

from lga.results import published
from lga.results.published import COLUMNS, PUBLISHED, load_published
from lga.system.errors import UserError

HEADER = ",".join(COLUMNS)
DETECTION = "table2 table5,detection,dota,15,mobilenetv3,se,54.4,32.7,,,1191587,2.8,SGD,sheet,"
CLASSIFICATION = "table1,classification,mnist,10,mobilenetv3,se,,,99.3,100,666896,0.9,SGD,sheet,"


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Writes a file that stands in for the paper's."""
    path = tmp_path / "published.csv"
    monkeypatch.setattr(published, "PUBLISHED", path)

    def write(*lines):
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_shipped_rows():
    """Five rows on 2 and on 6 datasets, two on 4 and on 3, and nine attentions in three networks."""
    rows = load_published()
    assert len(rows) == 72
    tables = Counter(table for row in rows for table in row.tables)
    assert tables == {"table1": 10, "table2": 30, "table3": 8, "table4": 6, "table5": 27}
    assert Counter(row.task for row in rows) == {"detection": 62, "classification": 10}


def test_a_shipped_row():
    row = next(row for row in load_published() if row.cell == ("tinyperson", "yolov8n", "lga"))
    assert row.tables == ("table4", "table5")
    assert (row.num_classes, row.map50, row.map50_95, row.top1, row.top5) == (2, 15.2, 5.47, None, None)
    assert (row.parameters, row.gflops, row.optimizer) == (3_438_764, 8.5, "AdamW")
    assert row.source == "sheet Final, row 19, columns V-Y"


@pytest.mark.parametrize("curve", ["coco2017", "voc2007"])
def test_shipped_curves_have_every_epoch(curve):
    header, *lines = (PUBLISHED.parent / f"curve_{curve}_mobilenetv3.csv").read_text().splitlines()
    assert header == "epoch,map50_none,map50_lga,map50_95_none,map50_95_lga"
    rows = [[float(value) for value in line.split(",")] for line in lines]
    assert [row[0] for row in rows] == list(range(1, {"coco2017": 20, "voc2007": 200}[curve] + 1))
    assert all(0 <= value <= 100 for row in rows for value in row[1:])


def test_both_tasks_are_read(edited):
    first, second = load_published(edited(HEADER, DETECTION, CLASSIFICATION))
    assert (first.map50, first.top1) == (54.4, None)
    assert (second.map50, second.top1) == (None, 99.3)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (DETECTION.replace("1191587", "1,191,587"), ":2: 17 fields instead of 15"),
        (DETECTION.replace("1191587", "1191587.5"), ":2: parameters='1191587.5'"),
        (DETECTION.replace("1191587", ""), ":2: parameters=''"),
        (DETECTION.replace("1191587", "-1"), ":2: parameters='-1'"),
        (DETECTION.replace("54.4", "154.4"), ":2: map50='154.4'"),
        (DETECTION.replace("54.4", "nan"), ":2: map50='nan'"),
        (DETECTION.replace(",se,", ",,"), ":2: attention=''"),
        (DETECTION.replace("54.4", ""), ":2: a row of detection has map50 and map50_95, and no others"),
        (CLASSIFICATION.replace("se,,,", "se,1,,"), ":2: a row of classification has top1 and top5"),
    ],
)
def test_a_wrong_line_is_refused(edited, line, message):
    path = edited(HEADER, line)
    with pytest.raises(UserError) as caught:
        load_published(path)
    assert str(caught.value).startswith(f"{path}{message}")


def test_a_second_row_of_a_cell_is_refused(edited):
    with pytest.raises(UserError, match=r":3: a second row of dota/mobilenetv3/se"):
        load_published(edited(HEADER, DETECTION, DETECTION))


def test_other_columns_are_refused(edited):
    with pytest.raises(UserError, match=r":1: the columns must be tables,task,"):
        load_published(edited(HEADER.replace("map50,", "map,"), DETECTION))


def test_what_is_no_csv_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        load_published(tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not CSV in UTF-8"):
        load_published(tmp_path / "binary.csv")
