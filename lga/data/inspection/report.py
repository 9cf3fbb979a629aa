"""The report of an inspection, as it is shown and as it is written."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from lga.data.detection.faults import Dropped, Refused
from lga.data.inspection.contents import Contents
from lga.data.inspection.duplicate_boxes import DuplicateBox
from lga.data.inspection.leaks import Leak
from lga.data.inspection.published_counts import Compared
from lga.data.published.split_plan import SplitPlan


class Wrong(NamedTuple):
    """One thing that is wrong with the set.

    Attributes:
        what: in a few words, the same for all of a kind.
        told: where, what was found, and what was expected; one line.
    """

    what: str
    told: str


@dataclass(frozen=True)
class PartReport:
    """One part of a published set, or one split of another.

    Attributes:
        contents: what its good images hold.
        known: what is left out or changed, as the published files are known to contain it.
        refused: what is wrong with the files; left out of ``contents``.
        duplicate_boxes: boxes that stand twice, kept.
        duplicate_images: groups of its images that are of the same content.
        unnamed_images: image files in its folders that the annotations of no part name.
        published: figures of the set's authors beside those found.
    """

    contents: Contents
    known: tuple[Dropped, ...] = ()
    refused: tuple[Refused, ...] = ()
    duplicate_boxes: tuple[DuplicateBox, ...] = ()
    duplicate_images: tuple[tuple[str, ...], ...] = ()
    unnamed_images: tuple[str, ...] = ()
    published: tuple[Compared, ...] = ()


@dataclass(frozen=True)
class Report:
    """All of an inspection.

    Attributes:
        dataset: its name.
        where: folder of its files, or how else they are had.
        checked: in one sentence, how far the files were checked.
        parts: by name.
        splits: the chosen plan; None where there are no plans.
        plans: every plan, by name.
        leaks: what the splits of the chosen plan share.
        missing: parts that are not there and that the chosen plan does not need.
        manifest: name of each source file, or group of them -> sha256.
        wrong: what is wrong; nothing where the set is as it should be.
    """

    dataset: str
    where: str
    checked: str
    parts: dict[str, PartReport]
    splits: str | None = None
    plans: dict[str, SplitPlan] = field(default_factory=dict)
    leaks: tuple[Leak, ...] = ()
    missing: tuple[str, ...] = ()
    manifest: dict[str, str] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it, ``ok`` first."""
        content: dict[str, Any] = _plain(asdict(self))
        for part, report in self.parts.items():
            compared = content["parts"][part]["published"]
            for entry, figure in zip(compared, report.published, strict=True):
                entry["difference"] = figure.difference
        return {"ok": not self.wrong, **content}


def _plain(value: Any) -> Any:
    """Return a value with its named tuples as dictionaries, so that JSON keeps their names."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
