"""The report of a comparison of attentions: what was measured, on what, as JSON."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lga.system.errors import UserError
from lga.system.files import outputs, write_text

MEASURED = outputs("benchmarks", "attention.json")
KEPT = Path(__file__).parents[3] / "experiments" / "attention_cost" / "attention.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Times(_Part):
    """Quartiles in milliseconds, and the peak of the tensors that the call adds, in bytes."""

    low: float
    median: float
    high: float
    peak_bytes: int


class Row(_Part):
    """An attention at a place; without times, ``reason`` says why."""

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
        """Median milliseconds of inference by network and attention, of whole networks."""
        found: dict[str, dict[str, float]] = {}
        for row in self.rows:
            if not row.alone and row.inference is not None:
                found.setdefault(row.network, {})[row.attention] = row.inference.median
        return found

    def heading(self) -> str:
        """What it was measured on, in one line."""
        names = ("cpu", "cores", "threads", "accelerator", "torch")
        told = ", ".join(f"{name} {self.hardware[name]}" for name in names if self.hardware.get(name))
        return f"{told}; {self.rounds} rounds on {self.device}"


def write_report(report: Report, path: Path) -> None:
    """Writes the report, atomically, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, report.model_dump_json(indent=1) + "\n")


def read_report(path: Path) -> Report | None:
    """The report at `path`; None if there is none, UserError if it cannot be used."""
    if not path.is_file():
        return None
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise UserError(
            f"{path}: not a cost report ({reason}); run make benchmark-attention again"
        ) from error
