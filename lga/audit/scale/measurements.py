"""What was measured on the machine at hand, as a file: `experiments/scale/measurements.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lga.results.experiments import FOLDER
from lga.system.errors import UserError
from lga.system.files import write_text

PATH = FOLDER / "scale" / "measurements.json"


@dataclass(frozen=True)
class NetworkCost:
    """One network on images of one size.

    Attributes:
        seconds: of one thread of the processor, for forward, loss and backward on one image.
        gflops: of the same, 10^9 operations, a multiply-add being two; three times the forward pass's.
        kept_bytes: that the forward pass keeps for the backward pass, an image, in single precision.
        calls: operators of a step, of however many images.
        parameters: of the network.
    """

    seconds: float
    gflops: float
    kept_bytes: int
    calls: int
    parameters: int


@dataclass(frozen=True)
class Loading:
    """Training images a second, with mosaic, that one core makes of photographs of one size.

    Attributes:
        decoding: where each is decoded every time.
        resized: where they are kept resized in memory.
        width: of the photographs, pixels.
        height: likewise.
    """

    decoding: float
    resized: float
    width: int
    height: int


@dataclass(frozen=True)
class Measurements:
    """Everything measured, and where.

    Attributes:
        machine: its processor.
        torch: the version that ran.
        networks: costs by `network_name`.
        loading: rates by dataset.
        judging: seconds of one core that judging one image's 300 detections takes.
    """

    machine: str
    torch: str
    networks: Mapping[str, NetworkCost]
    loading: Mapping[str, Loading]
    judging: float

    def network(self, name: str) -> NetworkCost:
        """The costs of that network; one that was not measured is a UserError."""
        if name not in self.networks:
            raise UserError(f"{PATH}: nothing of {name!r}; measure it with scripts/scale.py --measure")
        return self.networks[name]


def network_name(config: Mapping[str, Any]) -> str:
    """What two cells have in common whose images cost the same, such as ``resnet18-yolov8-lga at 640``."""
    parts = (config["backbone"]["name"], config["detector"]["name"], config["attention"]["name"])
    return f"{'-'.join(parts)} at {config['dataset']['image_size']}"


def write_measurements(measured: Measurements, path: Path = PATH) -> None:
    """Writes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(asdict(measured), indent=1) + "\n")


def read_measurements(path: Path = PATH) -> Measurements:
    """The measurements in the file; one that cannot be read is a UserError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        networks = {name: NetworkCost(**cost) for name, cost in content.pop("networks").items()}
        loading = {name: Loading(**rates) for name, rates in content.pop("loading").items()}
        return Measurements(networks=networks, loading=loading, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path}: not measurements ({error}); scripts/scale.py --measure makes them"
        ) from error
