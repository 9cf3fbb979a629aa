"""What a protocol says of a split."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Judgement:
    """Values in percent under names that begin with the protocol's; what has no value is left out.

    Attributes:
        metrics: of the whole split.
        per_class: of each class that has a value, by label.
    """

    metrics: dict[str, float]
    per_class: dict[int, dict[str, float]]
