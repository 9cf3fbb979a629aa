"""What a config takes from the files of a set of one's own: name, classes, and what tells two sets apart."""

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.config.instantiation import make_reader
from lga.data.own.own_set import OwnSet
from lga.launch.sweep import launch_sweep
from lga.run.folder.data_files import check_data
from lga.system.errors import UserError
from tests.data.trees import own

KEYS = {"yolo": "path", "voc": "path", "image_folder": "path", "coco": "train"}
WRITE = {
    "yolo": own.write_yolo,
    "voc": own.write_voc,
    "image_folder": own.write_image_folder,
    "coco": own.write_coco,
}


def overrides(kind, root):
    written = WRITE[kind](root)
    path = written / "instances_train.json" if kind == "coco" else written
    return [f"dataset={kind}", f"dataset.{KEYS[kind]}={path}", f"paths.output_dir={root / 'outputs'}"]


def frozen(*overrides):
    return freeze(compose(list(overrides)))


@pytest.mark.parametrize("kind", KEYS)
def test_name_and_classes_come_from_the_files(tmp_path, kind):
    run = frozen(*overrides(kind, tmp_path / "zoo"))
    assert run.config["dataset"]["name"] == "zoo"
    assert run.config["dataset"]["class_names"] == list(own.NAMES)
    assert run.config["dataset"]["num_classes"] == 3
    check_data(run.config)
    assert make_reader(run.cfg.dataset).name == "zoo"
    assert frozen(*overrides(kind, tmp_path / "zoo"), "dataset.name=mine").cell.dataset == "mine"


@pytest.mark.parametrize("kind", KEYS)
def test_a_run_is_known_by_its_data_and_not_by_where_it_lies(tmp_path, kind):
    here, there = (overrides(kind, tmp_path / name / "zoo") for name in ("a", "b"))
    assert frozen(*here).config_hash == frozen(*there).config_hash
    suffix = {"yolo": "txt", "voc": "xml", "coco": "json", "image_folder": "png"}[kind]
    path = next((tmp_path / "b").rglob(f"*.{suffix}"))
    path.write_bytes(path.read_bytes() + b"\n")
    assert frozen(*here).directory.name != freeze(compose(there)).directory.name


def test_the_cells_of_a_sweep_read_a_set_once(tmp_path, monkeypatch):
    given, cells = overrides("yolo", tmp_path / "zoo"), [["seed=0"], ["seed=1"]]
    alone = [frozen(*given, *each).config_hash for each in cells]
    read, jobs, own_content = [], [], OwnSet.own_content
    monkeypatch.setattr(OwnSet, "own_content", lambda reader: read.append(reader) or own_content(reader))
    launch_sweep(lambda each: compose([*given, *each]), cells, lambda waiting, _: jobs.extend(waiting))
    assert len(read) == 1
    assert [job.run.config_hash for job in jobs] == alone


@pytest.mark.parametrize("kind", KEYS)
def test_what_has_to_be_named_is_said(kind):
    with pytest.raises(UserError, match=f"^set dataset.{KEYS[kind]}="):
        frozen(f"dataset={kind}")


@pytest.mark.parametrize("kind", KEYS)
def test_a_line_on_a_file_begins_with_the_file(tmp_path, kind):
    with pytest.raises(UserError, match=f"^{tmp_path}/none: "):
        frozen(f"dataset={kind}", f"dataset.{KEYS[kind]}={tmp_path}/none")


def test_a_name_of_a_set_of_this_project_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"^dataset\.name=VOC2007: a set of this project"):
        frozen(*overrides("voc", tmp_path / "zoo"), "dataset.name=VOC2007")


@pytest.mark.parametrize("given", [["dataset=digits", "dataset.path=x"], ["dataset=coco", "dataset.path=x"]])
def test_what_a_set_does_not_read_is_refused(given):
    with pytest.raises(UserError, match=r"^dataset\.path: this dataset has no such setting; leave it out"):
        frozen(*given)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (
            ["dataset=digits", 'dataset.class_names=["0","1","2","3","4","5","6","7","9","8"]'],
            "class 8 is '9', but '8'",
        ),
        (
            ["dataset=visdrone", "dataset.class_names=[a,b]", "dataset.num_classes=2"],
            "class 0 is 'a', but 'pedestrian'",
        ),
    ],
)
def test_classes_that_differ_from_the_readers_are_refused(dataset, message):
    with pytest.raises(UserError, match=message) as error:
        make_reader(frozen(*dataset).cfg.dataset)
    assert "\n" not in str(error.value)
