"""Curves and the confusion matrix on cases worked by hand."""

import json

from lga.detection.judging import curves, evaluate_coco
from tests.detection.judging.cases import BOX, FAR, collected, whole


def curves_of(split):
    found = whole(split)
    return curves(found, evaluate_coco(found), ["zero", "one", "two"])


def test_confusion():
    """A zero found as one, a one found, a two missed, and a two found in the background."""
    split = collected(
        [(0, BOX, 0.9, 1), (1, BOX, 0.8, 1), (0, FAR, 0.5, 2), (1, FAR, 0.1, 0)],
        [(0, BOX, 0), (1, BOX, 1), (2, BOX, 2)],
    )
    confusion = curves_of(split)["confusion"]
    assert confusion["classes"] == ["zero", "one", "two", "background"]
    assert confusion["true_by_found"] == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]


def test_precision_falls_where_recall_ends():
    """One of two objects found: precision 1 up to recall 0.5, 0 from 0.51 on."""
    split = collected([(0, BOX, 0.9, 0)], [(0, BOX, 0), (1, BOX, 0)])
    curve = curves_of(split)["precision_recall"]
    by_recall = dict(zip(curve["recall"], curve["precision"]["zero"], strict=True))
    assert list(curve["precision"]) == ["zero"]
    assert (by_recall[0.5], by_recall[0.51]) == (1, 0)


def test_nothing_found_is_json_too():
    for split in (collected(objects=[(0, BOX, 0)]), collected()):
        assert json.loads(json.dumps(curves_of(split), allow_nan=False)) == curves_of(split)
