"""GWHD: the three distributions, every quirk of `tests.data.trees.gwhd` derived by hand; bad files; plans."""

import json
import shutil
from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from lga.data.published.gwhd.reader import READERS, gwhd_reader
from lga.system.errors import UserError
from tests.data.detection.sources import source_of_files
from tests.data.trees.gwhd import write_2021, write_codalab, write_kaggle

CODALAB = "global-wheat-codalab-official"
TABLE = "global-wheat-detection/train.csv"
TRAIN_2021 = "gwhd_2021/competition_train.csv"


def reader(root, **settings):
    return gwhd_reader(root.parent, root.parents[1] / "cache", **settings)


@pytest.fixture
def codalab(tmp_path):
    return write_codalab(tmp_path / "data")


@pytest.fixture
def kaggle(tmp_path):
    return write_kaggle(tmp_path / "data")


@pytest.fixture
def gwhd2021(tmp_path):
    return write_2021(tmp_path / "data")


def boxes_of(index, name):
    (image,) = [number for number, found in enumerate(index.names) if found.endswith(name)]
    return index.boxes[index.image == image].tolist()


@pytest.mark.parametrize(
    ("write", "expected"), [(write_codalab, "codalab"), (write_kaggle, "kaggle"), (write_2021, "gwhd2021")]
)
def test_the_distribution_is_recognised(tmp_path, write, expected):
    root = write(tmp_path / "data")
    assert reader(root).distribution == expected
    assert type(reader(root, distribution=expected)) is READERS[expected]
    assert reader(root).parts == reader(root).part_names


def test_config_and_reader_agree(gwhd2021):
    dataset = OmegaConf.load(Path(__file__).parents[4] / "conf" / "dataset" / "gwhd.yaml")
    paths = {"data_dir": str(gwhd2021.parent), "cache_dir": str(gwhd2021 / "cache")}
    made = instantiate(
        OmegaConf.create(
            {"dataset": dataset, "paths": paths, "data": {"on_error": "skip", "subset": None}}
        ).dataset.reader
    )
    assert type(made) is READERS["gwhd2021"]
    assert (dataset.name, tuple(dataset.class_names)) == (made.name, made.class_names)
    assert (dataset.num_classes, made.splits, made.on_error) == (1, "official", "skip")


def test_several_distributions_are_not_chosen_among(kaggle):
    write_2021(kaggle.parent)
    with pytest.raises(UserError, match=r"choose with distribution= one of kaggle, gwhd2021"):
        reader(kaggle)
    assert reader(kaggle, distribution="gwhd2021")().counts == {"train": 5, "val": 5, "test": 5}


def test_no_distribution(tmp_path):
    with pytest.raises(UserError, match=r"arvalis_1: not there; unpack one distribution of the set into"):
        reader(tmp_path / "data" / "GWHD")()
    with pytest.raises(UserError, match="distribution='kagle' is unknown: choose one of auto, codalab"):
        reader(tmp_path / "data" / "GWHD", distribution="kagle")


def test_codalab_boxes(codalab):
    """arvalis_2 is domain 1: three images; x y width height 4.5 2 10 12 and 8 6 20 + 1 16."""
    index = reader(codalab).index("arvalis_2")
    assert index.names.tolist() == [f"{CODALAB}/arvalis_2/arvalis_2_{image}.png" for image in range(3)]
    assert boxes_of(index, "arvalis_2_0.png") == [[4.5, 2, 14.5, 14], [8, 6, 29, 22]]
    assert boxes_of(index, "arvalis_2_2.png") == [[8, 6, 29, 22]]
    assert index.labels.tolist() == [0] * 4
    assert index.areas.tolist() == [120, 336, 336, 336]


def test_codalab_domains_without_json(codalab):
    """utokyo_2 is domain 8: four images; a quarter of 64 and half of 48 pixels around the middle."""
    index = reader(codalab).index("utokyo_2")
    assert len(index) == 4
    assert boxes_of(index, "utokyo_2_0.png") == [[24, 12, 40, 36]]
    assert boxes_of(index, "utokyo_2_3.png") == []
    shutil.rmtree(codalab / "labels")
    with pytest.raises(UserError, match=r"utokyo_2\.json: not there; unpack"):
        reader(codalab).index("utokyo_2")


def test_codalab_splits(codalab, caplog):
    """Images of the domains, in order: 2 3 4, 2 3 4, 2 | 3 4 2 3; inrae_1 has 4."""
    official = reader(codalab)()
    assert official.counts == {"train": 2 + 3 + 4 + 2 + 3 + 2, "val": 4, "test": 3 + 4 + 2 + 3}
    assert {name.split("/")[1] for name in official.test.names} == {"utokyo_1", "utokyo_2", "nau_1", "uq_1"}
    assert not any("inrae_1" in name for name in official.train.names)
    assert {f"{domain} annotations" for domain in ("arvalis_1", "uq_1", "inrae_1")} <= set(official.manifest)
    assert "selects" not in caplog.text
    paper = reader(codalab, splits="paper")()
    assert paper.counts == {"train": 20, "val": 2, "test": 2}
    assert set(paper.test.names) < set(paper.train.names)
    assert paper.selection == "test"
    assert "the images that are reported were trained on" in caplog.text


def test_the_tree_of_the_toolchain(codalab):
    """Images and labels moved to twin folders: labels of every domain then."""
    for folder in sorted((codalab / CODALAB).glob("*/")):
        labels = codalab / "labels" / folder.name
        labels.mkdir(exist_ok=True, parents=True)
        (labels / f"{folder.name}_0.txt").write_text("0 0.5 0.5 0.5 0.5\n")
        (codalab / "images").mkdir(exist_ok=True)
        folder.rename(codalab / "images" / folder.name)
    shutil.rmtree(codalab / CODALAB)
    splits = reader(codalab)()
    assert splits.counts == {"train": 16, "val": 4, "test": 12}
    assert splits.train.targets(0).boxes.tolist() == [[16, 12, 48, 36]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda coco: coco["annotations"][0].update(category_id=9), "9"),
        (lambda coco: coco["annotations"][0].update(image_id=9), "9"),
        (lambda coco: coco["images"][0].update(file_name="none.png"), "none.png"),
        (lambda coco: coco["annotations"][0].update(bbox=[1, 2, -3, 4]), "the box is inverted"),
        (lambda coco: coco["annotations"][0].update(bbox=[1, 2, 3]), "bbox"),
    ],
)
def test_codalab_bad_records(codalab, change, expected):
    path = codalab / CODALAB / "arvalis_1.json"
    coco = json.loads(path.read_text())
    change(coco)
    path.write_text(json.dumps(coco))
    with pytest.raises(UserError, match=rf"{CODALAB}/arvalis_1.json.*{expected}"):
        reader(codalab).index("arvalis_1")
    assert reader(codalab, on_error="skip").index("arvalis_1").dropped


def test_codalab_truncated_json(codalab):
    path = codalab / CODALAB / "arvalis_1.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(UserError, match=r"arvalis_1\.json"):
        reader(codalab).index("arvalis_1")


def test_kaggle_boxes(kaggle):
    """k0's second box stands 14 rows below its first; k1's last reaches to 70 of 64 and 49 of 48 pixels."""
    index = reader(kaggle).index("arvalis_1")
    assert index.names.tolist() == [f"global-wheat-detection/train/k{image}.jpg" for image in (0, 1)]
    assert boxes_of(index, "k0.jpg") == [[0, 4, 10.5, 16], [30, 20, 38, 29]]
    assert boxes_of(index, "k1.jpg") == [[1, 4, 11.5, 16], [50, 40, 70, 49]]
    assert index.lines.tolist() == [2, 16, 3, 17]
    assert index.labels.tolist() == [0, 0, 0, 0]
    assert index.dropped == (("boxes clipped to the image", f"{TABLE}:17"),)


def test_kaggle_images_without_rows(kaggle):
    index = reader(kaggle).index("unlisted")
    assert index.names.tolist() == [f"global-wheat-detection/train/k{image}.jpg" for image in (98, 99)]
    assert index.sizes.tolist() == [[64, 48], [64, 48]]
    assert len(index.boxes) == 0


def test_kaggle_splits(kaggle):
    official, paper = reader(kaggle)(), reader(kaggle, splits="paper")()
    assert official.counts == {"train": 12, "val": 2, "test": 2}
    assert paper.counts == {"train": 16, "val": 2, "test": 2}
    assert [name[-7:-4] for name in official.val.names] == ["k10", "k11"]  # inrae_1, the sixth
    assert [name[-7:-4] for name in official.test.names] == ["k12", "k13"]  # usask_1, the seventh
    assert not any("/test/" in name for name in paper.train.names)
    assert (official.selection, paper.selection) == ("validation", "test")


KAGGLE_ROW = 'k2,64,48,"[2.0, 4.0, 10.5, 12.0]",arvalis_2'  # line 4


@pytest.mark.parametrize(
    ("row", "line", "expected"),
    [
        ('k2,64,48,"[2.0, 4.0, 10.5]",arvalis_2', 4, 'expected width,height,"\\[x, y, width, height\\]"'),
        ('k2,64,48,"[2.0, 4.0, x, 1]",arvalis_2', 4, "in numbers, found '64,48,\\[2.0, 4.0, x, 1\\]'"),
        ('k2,64,48,"5",arvalis_2', 4, "in numbers, found '64,48,5'"),
        ('k2,6.5,48,"[2.0, 4.0, 10.5, 12.0]",arvalis_2', 4, "in numbers"),
        ("k2,64,48,[2.0, 4.0, 10.5, 12.0],arvalis_2", 4, "expected 5 fields, found 8"),
        ('k2,64,48,"[2.0, 4.0, 10.5, 12.0]",arvalis_9', 4, "expected a source of arvalis_1, .*'arvalis_9'"),
        ('k0,65,48,"[2.0, 4.0, 10.5, 12.0]",arvalis_1', 4, "size or source of k0 is not that of line 2"),
        ('k0,64,48,"[2.0, 4.0, 10.5, 12.0]",arvalis_2', 4, "size or source of k0 is not that of line 2"),
        ('k2,64,48,"[2.0, 4.0, 0, 12.0]",arvalis_2', 4, "the box is of no size"),
        ('k2,64,48,"[NaN, 4.0, 1, 12.0]",arvalis_2', 4, "expected width,height,"),
        ('gone,64,48,"[2.0, 4.0, 3, 12.0]",arvalis_2', "", r"names the image .*/gone\.jpg, which is not"),
    ],
)
def test_kaggle_bad_rows(kaggle, row, line, expected):
    """In what is left, every other row stands; a fault of the table is counted once among all parts."""
    table = (kaggle / TABLE).read_text()
    assert KAGGLE_ROW in table
    (kaggle / TABLE).write_text(table.replace(KAGGLE_ROW, row))
    with pytest.raises(UserError, match=rf"{TABLE}:{line}.*{expected}"):
        reader(kaggle, splits="paper")()
    splits = reader(kaggle, splits="paper", on_error="skip")()
    faults = {what: count for what, count in splits.dropped.items() if "clipped" not in what}
    assert sum(faults.values()) == 1
    assert len(splits.train) in {15, 16}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("image_id,width,height,bbox\n", ":1: expected the columns image_id,width,height,bbox,source, found"),
        ("", ":1: expected the columns"),
        (
            'image_id,width,height,bbox,source\nk0,64,48,"[2.0, 4',
            ":2: expected a CSV row: unexpected end of data",
        ),
        (b"\xff\xfe1", ": expected UTF-8 text, found byte 0"),
    ],
)
def test_kaggle_bad_tables(kaggle, content, expected):
    (kaggle / TABLE).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=TABLE + expected):
        reader(kaggle).index("ethz_1")


def test_kaggle_size_on_disk(kaggle):
    """The table's size is checked when an image is first met."""
    table = (kaggle / TABLE).read_text()
    (kaggle / TABLE).write_text(table.replace("k4,64,48", "k4,64,47"))
    index = reader(kaggle).index("arvalis_3")
    with pytest.raises(UserError, match=r"k4\.jpg"):
        source_of_files(index, kaggle).images.load(0)
    assert len(reader(kaggle, on_error="skip").index("arvalis_3")) == 1


@pytest.mark.parametrize("older", [False, True])
def test_2021_boxes(tmp_path, older):
    """`no_box` is an image without boxes; the row that repeats line 4 is left out, the last box clipped."""
    root = write_2021(tmp_path / "data", older=older)
    index = reader(root).index("train")
    assert index.names.tolist() == [f"gwhd_2021/images/0{image}af.png" for image in range(5)]
    assert boxes_of(index, "00af.png") == [[9, 6, 20, 16], [30, 2, 40, 12]]
    assert boxes_of(index, "01af.png") == []
    assert boxes_of(index, "02af.png") == [[1, 2, 11, 12]]
    assert boxes_of(index, "03af.png") == [[0, 0, 5, 5], [60, 40, 66, 48]]
    assert index.lines.tolist() == [2, 2, 4, 5, 5, 6]
    table = TRAIN_2021.replace("competition", "official") if older else TRAIN_2021
    assert index.dropped == (
        ("rows that repeat another", f"{table}:7"),
        ("boxes clipped to the image", f"{table}:5"),
    )


def test_2021_splits(gwhd2021):
    splits = reader(gwhd2021)()
    assert splits.counts == {"train": 5, "val": 5, "test": 5}
    firsts = [split.names[0] for split in (splits.train, splits.val, splits.test)]
    assert firsts == [f"gwhd_2021/images/{part}0af.png" for part in range(3)]
    with pytest.raises(UserError, match=r"^splits='paper' is unknown: choose one of official"):
        reader(gwhd2021, splits="paper")


def test_2021_prefers_the_newer_tables(gwhd2021):
    (gwhd2021 / "gwhd_2021" / "official_train.csv").write_text("image_name,BoxesString,domain\n")
    assert len(reader(gwhd2021).index("train")) == 5


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("02af.png,1 2 11,Domain_0", "expected boxes x1 y1 x2 y2 with ; between, or no_box, found '1 2 11'"),
        ("02af.png,1 2 11 x,Domain_0", "found '1 2 11 x'"),
        ("02af.png,,Domain_0", "found ''"),
        ("02af.png,1 2 11 12", "expected 3 fields, found 2"),
        ("02af.png,11 2 1 12,Domain_0", "the box is inverted"),
    ],
)
def test_2021_bad_rows(gwhd2021, row, expected):
    path = gwhd2021 / TRAIN_2021
    path.write_text(path.read_text().replace("02af.png,1 2 11 12,Domain_0", row))
    with pytest.raises(UserError, match=rf"{TRAIN_2021}:4: .*{expected}.*data\.on_error=skip"):
        reader(gwhd2021).index("train")
    skipping = reader(gwhd2021, on_error="skip").index("train")
    assert f"{TRAIN_2021}:4" in [dropped.place for dropped in skipping.dropped]


def test_2021_missing_files(gwhd2021):
    (gwhd2021 / "gwhd_2021" / "images" / "00af.png").unlink()
    with pytest.raises(UserError, match=rf"{TRAIN_2021}: names the image .*00af\.png, which is not there"):
        reader(gwhd2021).index("train")
    (gwhd2021 / TRAIN_2021).unlink()
    with pytest.raises(UserError, match=r"competition_train\.csv: not there; unpack one distribution"):
        reader(gwhd2021).index("train")


def test_a_change_of_distribution_is_another_index(kaggle):
    """Parts of one name in two distributions are kept apart."""
    assert len(reader(kaggle).index("arvalis_1")) == 2
    write_codalab(kaggle.parent)
    index = reader(kaggle, distribution="codalab").index("arvalis_2")
    assert len(index) == 3
