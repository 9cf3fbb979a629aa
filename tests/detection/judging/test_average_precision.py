"""The paper's metric on cases worked by hand."""

import numpy as np
import pytest

from lga.detection.judging.paper_protocol import average_precision, true_positives

BOX = (0.0, 0.0, 10.0, 10.0)


def prediction(image, box, score, label=0):
    return [image, *box, score, label]


def target(image, box, label=0):
    return [image, *box, label]


def judge(predictions, targets):
    return average_precision(np.array(predictions).reshape(-1, 7), np.array(targets).reshape(-1, 6))


def test_a_perfect_class_has_0_995():
    """Precision is 1 up to recall 1, where it falls to 0: half of the last of 100 steps is lost."""
    images = range(20)
    result = judge([prediction(i, BOX, 0.9) for i in images], [target(i, BOX) for i in images])
    np.testing.assert_allclose(result.per_class, np.full((1, 10), 0.995))
    assert result.map50 == pytest.approx(0.995)
    assert result.fitness == pytest.approx(0.995)


def test_20_of_100_objects_and_nothing_else_have_0_600():
    """0.2 up to the recall reached, and the triangle of height 1 from there to recall 1: 0.4."""
    result = judge([prediction(i, BOX, 0.9) for i in range(20)], [target(i, BOX) for i in range(100)])
    assert result.map50 == pytest.approx(0.600)


def test_right_wrong_right_of_two_objects():
    """Precision 1 to recall 1/2, 2/3 to recall 1, then 0: 1/2 + 1/3, less the two half steps at the falls."""
    predictions = [prediction(0, BOX, 0.9), prediction(2, BOX, 0.8), prediction(1, BOX, 0.7)]
    result = judge(predictions, [target(0, BOX), target(1, BOX)])
    assert result.map50 == pytest.approx(1 / 2 + 1 / 3 - 0.01 / 2 * (1 - 2 / 3) - 0.01 / 2 * (2 / 3))


def test_a_detection_that_loses_its_best_object_is_not_given_its_second():
    """B is A moved down by 4, the second detection A moved by 1.5: IoU 0.74 with A, 0.6 with B."""
    below, between = (0.0, 4.0, 10.0, 14.0), (0.0, 1.5, 10.0, 11.5)
    predictions = np.array([prediction(0, BOX, 0.9), prediction(0, between, 0.8)])
    hits = true_positives(predictions, np.array([target(0, BOX), target(0, below)]))
    assert hits[:, 0].tolist() == [True, False]


def test_the_highest_score_has_the_object():
    """The better-placed detection comes second, and is wrong up to 0.65: the first overlaps by 2/3."""
    half = (0.0, 2.0, 10.0, 12.0)
    predictions = np.array([prediction(0, half, 0.9), prediction(0, BOX, 0.8)])
    hits = true_positives(predictions, np.array([target(0, BOX)]))
    assert hits[0].tolist() == [True] * 4 + [False] * 6
    assert hits[1].tolist() == [False] * 4 + [True] * 6


def test_classes_and_images_do_not_mix():
    predictions = [prediction(0, BOX, 0.9, label=1), prediction(1, BOX, 0.8, label=0)]
    assert judge(predictions, [target(0, BOX, label=0)]).map50 == 0


def test_the_order_of_rows_does_not_matter():
    random = np.random.RandomState(0)
    corner = random.uniform(0, 50, (80, 2))
    boxes = np.c_[corner, corner + random.uniform(5, 30, (80, 2))]
    targets = np.c_[random.randint(0, 4, 80), boxes, random.randint(0, 3, 80)]
    predictions = np.c_[
        targets[:, 0], boxes + random.uniform(-3, 3, (80, 4)), random.uniform(0, 1, 80), targets[:, 5]
    ]
    result = average_precision(predictions, targets)
    shuffled = average_precision(predictions[random.permutation(80)], targets[random.permutation(80)])
    np.testing.assert_allclose(shuffled.per_class, result.per_class)
    assert 0.1 < result.map50 < 0.99


def test_classes_without_objects_cost_nothing_and_those_without_predictions_count_zero():
    predictions = [prediction(0, BOX, 0.9, label=0), prediction(0, BOX, 0.9, label=7)]
    result = judge(predictions, [target(0, BOX, label=0), target(0, BOX, label=3)])
    assert result.classes.tolist() == [0, 3]
    assert result.map50 == pytest.approx(0.995 / 2)
    assert result.map50_95 == pytest.approx(0.995 / 2)


def test_no_predictions_no_targets():
    assert judge([], [target(0, BOX)]).map50 == 0
    nothing = judge([prediction(0, BOX, 0.9)], [])
    assert nothing.map50_95 == 0
    assert nothing.per_class.shape == (0, 10)
    assert judge([], []).fitness == 0
