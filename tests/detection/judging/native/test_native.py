"""What holds for every native protocol."""

from dataclasses import replace

import numpy as np
import pytest

from lga.detection.judging.native import DOTA, GlobalWheat, PascalVOC, TinyPerson, VisDrone
from lga.structures.annotations import Ignored
from tests.detection.judging.native.cases import found_perfectly, judged, made

PROTOCOLS = [
    TinyPerson(),
    VisDrone(max_detections=(1, 10, 100)),
    PascalVOC(),
    PascalVOC(interpolation="11-point"),
    DOTA(),
    GlobalWheat(),
]
IGNORED = {TinyPerson: Ignored.MARKED, VisDrone: Ignored.NOT_EVALUATED, GlobalWheat: Ignored.OBJECT}
each = pytest.mark.parametrize("protocol", PROTOCOLS, ids=str)


def split_for(protocol, **settings):
    return made(ignored=IGNORED.get(type(protocol), Ignored.DIFFICULT), **settings)


@each
def test_the_order_of_detections_does_not_matter(protocol):
    split = split_for(protocol)
    shuffled = split.detections[np.random.RandomState(3).permutation(len(split.detections))]
    assert protocol(replace(split, detections=shuffled)) == protocol(split)


@each
def test_nothing_found_is_0(protocol):
    """The image without objects is left out: for the wheat it would be right."""
    split = split_for(protocol)
    judgement = protocol(replace(split, detections=split.detections[:0], images=split.images[:-1]))
    assert set(judgement.metrics.values()) == {0}


@each
def test_perfect_is_100(protocol):
    """Of recall with the best few of an image alone it is not, where an image has more objects."""
    metrics = protocol(found_perfectly(split_for(protocol))).metrics
    few = {
        name: value for name, value in metrics.items() if name.split("_")[0] in ("native/ar1", "native/ar10")
    }
    assert [value for name, value in metrics.items() if name not in few] == pytest.approx(
        [100] * (len(metrics) - len(few))
    )
    assert all(0 < value < 100 for value in few.values())


@each
def test_names_and_units(protocol):
    judgement = protocol(split_for(protocol))
    everything = [judgement.metrics, *judgement.per_class.values()]
    assert all(name.startswith("native/") for metrics in everything for name in metrics)
    assert all(type(v) is float and 0 <= v <= 100 for metrics in everything for v in metrics.values())
    assert any(5 < value < 95 for value in judgement.metrics.values())


@each
def test_without_objects_there_is_no_value(protocol):
    """But the wheat's: an image with a detection and no object is wrong."""
    judgement = protocol(judged([(0, (0, 0, 10, 10), 0.9, 0)]))
    assert judgement.metrics == ({"native/precision": 0} if isinstance(protocol, GlobalWheat) else {})
    assert judgement.per_class == {}


@each
def test_nothing_at_all(protocol):
    assert protocol(judged()).metrics == {}
