"""The `native` protocols: each data set's own way of judging, as its benchmark publishes it; one a file.

Each is called with what was found on whole images and returns a `Judgement`: percent, names that begin with
`native/`, and nothing where there is no value (a class or size without objects). A metric of the whole split
is the mean over its classes, unless its name says otherwise.

The benchmarks' own tools are MATLAB, scripts, or text; none is a library. Where one leaves equal scores or
overlaps open, detections stand in the order given, and of objects the tool's own choice is named.
"""

from lga.detection.judging.native.devkit import DOTA, PascalVOC
from lga.detection.judging.native.global_wheat import GlobalWheat
from lga.detection.judging.native.tiny_person import TinyPerson
from lga.detection.judging.native.visdrone import VisDrone

__all__ = ["DOTA", "GlobalWheat", "PascalVOC", "TinyPerson", "VisDrone"]
