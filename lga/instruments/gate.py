"""The gate over scales: how much weight each scale gets, and how decided the gate is.

Shapes: B images, S scales and the map itself, H W map."""

from dataclasses import dataclass

from torch import Tensor

from lga.instruments.entropy import entropy_share


@dataclass(frozen=True)
class GateState:
    """Mean weights (S) over images and positions; the mean entropy as a share of ln S, and how it differs.

    ``spread`` is the standard deviation, over images, of an image's mean entropy.
    """

    weights: list[float]
    entropy: float
    spread: float


def gate_state(gates_BSHW: Tensor) -> GateState:
    """What the weights of a gate of at least two scales say."""
    entropies = entropy_share(gates_BSHW, dim=1)
    if entropies is None:
        raise ValueError(f"a gate over {gates_BSHW.shape[1]} scale has no entropy")
    of_images = entropies.flatten(1).mean(dim=1)
    return GateState(
        weights=gates_BSHW.mean(dim=(0, 2, 3)).tolist(),
        entropy=float(of_images.mean()),
        spread=float(of_images.std(correction=0)),
    )
