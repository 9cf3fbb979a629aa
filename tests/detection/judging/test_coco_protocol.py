"""The `coco` protocol on cases worked by hand, and against COCO's own tool."""

import gc

import pytest

from lga.detection.judging import evaluate_coco, judge_by_paper
from tests.detection.judging.cases import BOX, FAR, collected, made_split, whole
from tests.detection.judging.with_pycocotools import pycocotools_stats

NAMES = ("map", "map50", "map75", "map_small", "map_medium", "map_large")


@pytest.mark.parametrize("ignored", [0.0, 0.3])
def test_it_is_pycocotools_at_100_detections(ignored):
    split = made_split(images=30, detections=80, objects=25, classes=4, ignored=ignored)
    ours = evaluate_coco(whole(split), max_detections=100).judgement.metrics
    theirs = pycocotools_stats(split)
    assert [ours[f"coco/{name}"] for name in NAMES] == pytest.approx(100 * theirs[:6], abs=1e-4)
    assert ours["coco/mar"] == pytest.approx(100 * theirs[8], abs=1e-4)
    assert 5 < ours["coco/map"] < 95


def test_more_than_100_detections_of_a_class_are_looked_at():
    """The right one of 150 comes last: COCO's 100 do not reach it, the default of 500 does."""
    wrong = [(0, FAR, 0.9 - 0.001 * i, 0) for i in range(149)]
    split = collected([*wrong, (0, BOX, 0.5, 0)], [(0, BOX, 0)])
    assert evaluate_coco(whole(split), max_detections=100).judgement.metrics["coco/map50"] == 0
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map50"] == pytest.approx(100 / 150)


def test_20_of_100_objects_and_nothing_else():
    """21 of the 101 points of recall (0 to 0.20) have precision 1: 20.8 %, where `paper` says 60.0 %."""
    split = collected([(i, BOX, 0.9, 0) for i in range(20)], [(i, BOX, 0) for i in range(100)])
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map50"] == pytest.approx(100 * 21 / 101)
    assert judge_by_paper(split).metrics["paper/map50"] == pytest.approx(60.0)


def test_a_detection_on_an_ignored_region_counts_neither_way():
    """Beside it a perfect detection of lower score: 100 % for `coco`, half of the precision for `paper`."""
    split = collected([(0, FAR, 0.9, 0), (0, BOX, 0.8, 0)], [(0, BOX, 0), (0, FAR, 0)], ignore=[False, True])
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map"] == pytest.approx(100)
    assert judge_by_paper(split).metrics["paper/map50"] < 50


def test_an_ignored_region_of_no_class_is_one_of_every_class():
    found = [(0, FAR, 0.9, 0), (0, FAR, 0.9, 3), (0, BOX, 0.8, 0), (1, BOX, 0.8, 3)]
    split = collected(found, [(0, BOX, 0), (1, BOX, 3), (0, FAR, -1)], ignore=[False, False, True])
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map"] == pytest.approx(100)


def test_small_parts_of_an_ignored_region_are_ignored():
    """A crowd's overlap is over the detection's area: a box within a region 100 times its size."""
    region = (100.0, 100.0, 200.0, 200.0)
    inside = (120.0, 120.0, 130.0, 130.0)
    split = collected(
        [(0, inside, 0.9, 0), (0, BOX, 0.8, 0)], [(0, BOX, 0), (0, region, 0)], ignore=[False, True]
    )
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map"] == pytest.approx(100)


def test_per_class_and_classes_without_objects():
    """Class 0 perfect, 1 missed, 2 found but nowhere: 50 % over the two that there are."""
    split = collected([(0, BOX, 0.9, 0), (0, BOX, 0.9, 2)], [(0, BOX, 0), (0, FAR, 1)])
    judgement = evaluate_coco(whole(split)).judgement
    assert judgement.metrics["coco/map"] == pytest.approx(50)
    assert {label: values["coco/map"] for label, values in judgement.per_class.items()} == {0: 100, 1: 0}


def test_a_class_with_nothing_but_ignored_objects_has_no_value():
    split = collected([(0, BOX, 0.9, 0)], [(0, BOX, 0), (0, FAR, 1)], ignore=[False, True])
    judgement = evaluate_coco(whole(split)).judgement
    assert list(judgement.per_class) == [0]
    assert judgement.metrics["coco/map"] == pytest.approx(100)


def test_sizes_that_do_not_occur_have_no_value():
    """The box's area is 100, below 32^2."""
    metrics = evaluate_coco(whole(collected([(0, BOX, 0.9, 0)], [(0, BOX, 0)]))).judgement.metrics
    assert metrics["coco/map_small"] == pytest.approx(100)
    assert not {"coco/map_medium", "coco/map_large"} & metrics.keys()


def test_a_size_is_of_the_annotations_area():
    """The box's area is 100; its outline's, as the file says, 1100, above 32^2 = 1024."""
    metrics = evaluate_coco(
        whole(collected([(0, BOX, 0.9, 0)], [(0, BOX, 0)]), areas=[1100])
    ).judgement.metrics
    assert metrics["coco/map_medium"] == pytest.approx(100)
    assert "coco/map_small" not in metrics


def test_no_detections_and_no_objects():
    assert evaluate_coco(whole(collected(objects=[(0, BOX, 0)]))).judgement.metrics["coco/map"] == 0
    for nothing in (collected([(0, BOX, 0.9, 0)]), collected()):
        assert evaluate_coco(whole(nothing)).judgement.metrics == {}


def test_an_image_without_objects_costs_precision():
    """The false positive there has the higher score: precision 1/2 at every recall."""
    split = collected([(1, BOX, 0.9, 0), (0, BOX, 0.8, 0)], [(0, BOX, 0)])
    assert evaluate_coco(whole(split)).judgement.metrics["coco/map"] == pytest.approx(50)


def test_python_collects_garbage_afterwards():
    evaluate_coco(whole(collected([(0, BOX, 0.9, 0)], [(0, BOX, 0)])))
    assert gc.isenabled()
