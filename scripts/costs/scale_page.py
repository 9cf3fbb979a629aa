"""`experiments/scale.md`: the estimate as a page, made of the kept measurements; its text is page.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.results.experiments import FOLDER, judged_experiments
from lga.results.labels import name_of
from lga.results.plan.image_counts import PUBLISHED_COUNTS
from lga.results.plan.plan import bytes_left
from lga.results.reports.markdown_tables import row_line
from scripts.costs import estimate
from scripts.costs.estimate import (
    Assumed,
    Gpu,
    Loading,
    Measurements,
    RunWork,
    gpu_hours,
    makespan,
    memory_of,
    once,
    seconds_of,
)

PAGE = FOLDER / "scale.md"
TEXT = Path(__file__).with_name("scale.md")
SEEDS, IMAGE_SIDE = 3, 640
GPU = Gpu("H100 SXM", flops=494e12, bandwidth=3.35e12, memory=80e9, cores=12, dollars=2.5)
FAST, SLOW = Assumed(reached=0.3), Assumed(reached=0.1)
CACHED = Assumed(FAST.reached, cached=True)
MACHINES = (1, 8, 32)
SHOWN_NETWORKS = ("mobilenetv3", "resnet18", "yolov8n")
Runs = Sequence[RunWork]


def scale_page(tables: Mapping[str, Runs], measured: Measurements) -> str:
    """Return the whole page."""
    everything = once(tuple(runs) for runs in tables.values())
    return TEXT.read_text(encoding="utf-8").format(
        machine=measured.machine,
        torch=measured.torch,
        networks=_networks(measured),
        loading=_loading(measured),
        judging_ms=1e3 * measured.judging,
        hours=_hours(tables, everything, measured),
        **_assumptions(),
        **_binding(everything, measured),
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = [":--"] + ["--:"] * (len(headings) - 1)
    return "\n".join(row_line(cells) for cells in (headings, ruler, *rows))


def _networks(measured: Measurements) -> str:
    rows = []
    for name in SHOWN_NETWORKS:
        for attention in ("none", "lga"):
            cost = measured.network(f"{name}-yolov8-{attention} at 640")
            kept, gflops = f"{cost.kept_bytes / 1e6:.0f} MB", f"{cost.gflops:.1f}"
            network = f"{name_of(name)}, {attention}"
            rows.append([network, f"{cost.seconds:.2f} s", gflops, kept, f"{cost.calls:,}"])
    headings = (
        "training on one image of 640 pixels",
        "one thread",
        "GFLOP",
        "kept for the backward pass",
        "operators a step",
    )
    return _table(headings, rows)


def _loading(measured: Measurements) -> str:
    rows = [
        [
            f"{name_of(name)}, photographs of {rates.width} x {rates.height}",
            f"{rates.decoding:.0f} images/s",
            f"{rates.resized:.0f} images/s",
            f"{PUBLISHED_COUNTS[name].train * _resized_bytes(rates) / 1e9:.1f} GB",
        ]
        for name, rates in measured.loading.items()
    ]
    headings = ("loading with mosaic, one core", "decoded each time", "kept resized", "which takes")
    return _table(headings, rows)


def _resized_bytes(photograph: Loading) -> float:
    """Of one, its longer side as it is trained on."""
    shrunk = IMAGE_SIDE / max(photograph.width, photograph.height)
    return 3 * photograph.width * photograph.height * shrunk**2


def _assumptions() -> dict[str, float | str]:
    return {
        "gpu": GPU.name,
        "tflops": GPU.flops / 1e12,
        "terabytes": GPU.bandwidth / 1e12,
        "memory": GPU.memory / 1e9,
        "cores": GPU.cores,
        "dollars": GPU.dollars,
        "moves": estimate.MOVES,
        "low": SLOW.reached,
        "high": FAST.reached,
        "microseconds": 1e6 * estimate.SECONDS_A_CALL,
        "context": estimate.CONTEXT_BYTES / 1e9,
        "mosaic": estimate.MOSAIC,
        "seeds": SEEDS,
    }


def _hours(tables: Mapping[str, Runs], everything: Runs, measured: Measurements) -> str:
    titles = {experiment.name: experiment.title.split(":")[0] for experiment in judged_experiments()}
    rows = [_row(titles[name], runs, measured) for name, runs in tables.items()]
    rows.append(_row("all, each run once", everything, measured))
    machines = [f"{gpus} GPU{'s' * (gpus > 1)}, h" for gpus in MACHINES]
    headings = ("", "runs", "trained on", *machines, "longest run, h", "disk", "dollars")
    return _table(headings, rows)


def _row(title: str, runs: Runs, measured: Measurements) -> list[str]:
    seconds = [[seconds_of(run, measured, GPU, assumed) for run in runs] for assumed in (FAST, SLOW)]
    left = sum(bytes_left(measured.network(run.network).parameters) for run in runs)
    return [
        title,
        str(len(runs)),
        f"{sum(run.trained for run in runs) / 1e6:,.0f} M",
        *(_span([makespan(each, gpus) / 3600 for each in seconds]) for gpus in MACHINES),
        _span([max(each) / 3600 for each in seconds]),
        f"{left / 1e9:.1f} GB",
        _span([GPU.dollars * sum(each) / 3600 for each in seconds]),
    ]


def _span(values: Sequence[float]) -> str:
    low, high = (f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in values)
    return low if low == high else f"{low} to {high}"


def _binding(everything: Runs, measured: Measurements) -> dict[str, float]:
    detecting = [run for run in everything if run.dataset in measured.loading]
    memory = [memory_of(run, measured.network(run.network)) for run in everything]
    return {
        "detecting": len(detecting),
        "waiting": sum(_waits(run, measured, FAST) for run in detecting),
        "still_waiting": sum(_waits(run, measured, CACHED) for run in detecting),
        "gpu_hours": gpu_hours(everything, measured, GPU, FAST),
        "gpu_hours_cached": gpu_hours(everything, measured, GPU, CACHED),
        "judging_hours": sum(run.judged for run in detecting) * measured.judging / 3600,
        "longest": max(seconds_of(run, measured, GPU, FAST) for run in everything) / 3600,
        "least_memory": min(memory) / 1e9,
        "most_memory": max(memory) / 1e9,
        "together": int(GPU.memory // max(memory)),
    }


def _waits(run: RunWork, measured: Measurements, assumed: Assumed) -> bool:
    """Return whether the GPU waits for images."""
    trained = estimate.training_rate(measured.network(run.network), run.batch, GPU, assumed)
    return estimate.loading_rate(measured.loading[run.dataset], GPU, assumed) < trained
