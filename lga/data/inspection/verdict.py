"""What of an inspection is wrong.

Not wrong, and only told: what published files are known to contain, boxes that stand twice (several sets
have some), images that no annotation names, parts that the chosen plan does not need, leaks that the plan
declares.
"""

from collections.abc import Iterator, Mapping, Sequence

from lga.data.inspection.leaks import Leak
from lga.data.inspection.report import PartReport, Wrong

PART = "parts that cannot be read"
COUNTS = "counts that differ from the published ones"
TWICE = "images that stand twice in a part"
LEAKS = "images that two splits share"


def verdict(
    unreadable: Mapping[str, str], parts: Mapping[str, PartReport], leaks: Sequence[Leak], plan: str
) -> Iterator[Wrong]:
    """Yield everything that is wrong.

    Args:
        unreadable: why a part cannot be read, by part.
        parts: those that can.
        leaks: between the splits of the chosen plan.
        plan: its name.
    """
    for part, reason in unreadable.items():
        yield Wrong(PART, f"{part}: {reason}")
    for part, report in parts.items():
        for refused in report.refused:
            yield Wrong(refused.what, f"{refused.place}: {refused.told}")
        for figure in report.published:
            if figure.difference:
                found, published = f"{figure.found:,}", f"{figure.published:,}"
                told = f"{found} found, {published} published, differs by {figure.difference:+,}"
                yield Wrong(COUNTS, f"{part}, {figure.what}: {told}")
        for group in report.duplicate_images:
            yield Wrong(TWICE, f"{part}: the same content: {', '.join(group)}")
    for leak in leaks:
        if not leak.declared:
            for shared in leak.shared:
                between = f"{leak.splits[0]} and {leak.splits[1]} of {plan}"
                yield Wrong(LEAKS, f"{between}, {leak.how}: {', '.join(shared)}")
