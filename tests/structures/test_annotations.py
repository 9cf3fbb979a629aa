"""Images and boxes in flat arrays: parts of them, and several as one."""

import numpy as np

from lga.structures.annotations import Annotations
from tests.structures.tables import every_column


def test_taking_and_joining():
    """Boxes follow their images: of c and a joined, box 0 is c's, boxes 1 and 2 are a's."""
    index = every_column()
    last, first = (index.take_images(np.array(chosen, bool)) for chosen in ([0, 0, 1], [1, 0, 0]))
    joined = Annotations.join([last, first])
    assert joined.names.tolist() == ["c.jpg", "a/ä.jpg"]
    assert joined.image.tolist() == [0, 1, 1]
    assert joined.labels.tolist() == [1, -1, 1]
    assert joined.sizes.tolist() == [[7, 9], [10, 12]]
    assert len(joined.dropped) == 2
    assert Annotations.join([index]) is index
