"""The report of a comparison of what attentions cost, as `make benchmark-attention` writes it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lga.system.errors import UserError
from lga.system.files import outputs, shipped

MEASURED = outputs("benchmarks", "attention.json")
KEPT = shipped("experiments") / "attention_cost" / "attention.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Spread(_Part):
    """Quartiles of the times of a call, in milliseconds."""

    low: float
    median: float
    high: float


class Times(Spread):
    """The times, and the peak of the tensors that the call adds, in bytes."""

    peak_bytes: int


class Row(_Part):
    """An attention in a case; without times, ``reason`` says why."""

    network: str
    alone: bool
    channels: int
    side: int
    batch: int
    attention: str
    parameters: int
    gflops_paper: float
    gflops: float | None
    inference: Times | None
    training: Times | None
    reason: str | None = None


class Report(_Part):
    """All rows; ``hardware`` names processor, threads, accelerator and versions."""

    hardware: dict[str, str | int | None]
    device: str
    rounds: int
    rows: tuple[Row, ...]

    def latencies(self) -> dict[str, dict[str, float]]:
        """Return median milliseconds of inference by network and attention, of whole networks."""
        found: dict[str, dict[str, float]] = {}
        for row in self.rows:
            if not row.alone and row.inference is not None:
                found.setdefault(row.network, {})[row.attention] = row.inference.median
        return found

    def heading(self) -> str:
        """Return what it was measured on, in one line."""
        names = ("cpu", "cores", "threads", "accelerator", "torch")
        told = ", ".join(f"{name} {self.hardware[name]}" for name in names if self.hardware.get(name))
        return f"{told}; {self.rounds} rounds on {self.device}"


def read_report(path: Path) -> Report | None:
    """Return the report at `path`; None if there is none, UserError if it cannot be used."""
    if not path.is_file():
        return None
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise UserError(
            f"{path}: not a cost report ({reason}); run make benchmark-attention again"
        ) from error
