"""Experiments drawn as SVG, equal to the byte for equal numbers: fixed margins, no date, text as text."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lga.results.experiments import SCALE, SHARE, Experiment
from lga.results.families import Family, Results, Row
from lga.results.labels import label
from lga.system.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 8.0, 3.6  # inches
COLOURS = ("#3b6ea5", "#9a3b26", "#4f7f3a", "#7a5195")
GREY = "#666666"
LEARNED = "learned "  # what a label of learned alphas begins with, once the word alphas is left out


def picture_of(results: Results) -> str | None:
    """Return the experiment's picture; None where it has none, or nothing that it shows ran."""
    experiment = results.experiment
    if experiment.picture and experiment.picture not in _DRAWN:
        valid = ", ".join(_DRAWN)
        raise UserError(f"experiment.picture={experiment.picture} of {experiment.name}: valid: {valid}")
    if not experiment.picture or not any(row.gain for row in results.rows):
        return None
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(
        {"svg.hashsalt": "lga", "svg.fonttype": "none", "font.size": 9.0,
         "axes.spines.top": False, "axes.spines.right": False}
    ):  # fmt: skip
        figure = Figure(figsize=(WIDTH, HEIGHT))
        _DRAWN[experiment.picture](figure, experiment, results.families)
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in content.getvalue().splitlines()) + "\n"


def _alphas(figure: "Figure", experiment: Experiment, found: Sequence[Family]) -> None:
    """The metric against alphas that stay, beside it where they are learned; the reference as a band."""
    family = found[0]
    ran = [row for row in family.rows if row.ours]
    frozen = sorted((alpha, row) for row in ran if (alpha := _frozen_alpha(row.block)) is not None)
    learned = [row for row in ran if _frozen_alpha(row.block) is None]
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    figure.subplots_adjust(left=0.09, right=0.98, top=0.9, bottom=0.36, wspace=0.06)
    _points(left, [alpha for alpha, _ in frozen], [row for _, row in frozen], COLOURS[0], joined=True)
    _points(right, list(range(len(learned))), learned, COLOURS[1])
    for axes in (left, right):
        _band(axes, family.row(experiment.reference))
        axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    left.set(xlim=(0, 1), xlabel="alpha of the local branches, frozen; the global one's is the rest")
    left.set_ylabel(f"{label(ran[0].metric)}, %")
    names = [row.label.removeprefix("alphas ").removeprefix(LEARNED) for row in learned]
    right.set_xticks(range(len(learned)), names, rotation=35, ha="right", rotation_mode="anchor")
    right.set(xlim=(-0.6, len(learned) - 0.4))
    right.tick_params(axis="y", length=0)
    left.set_title(f"{family.place}{_scale(found)}", loc="left", fontsize=9)
    right.set_title(f"learned; band: {experiment.reference}", loc="left", fontsize=9, color=GREY)


def _scaling(figure: "Figure", experiment: Experiment, found: Sequence[Family]) -> None:
    """The gain over the reference against the share of the training images, a line for each network size."""
    axes = figure.subplots()
    figure.subplots_adjust(left=0.09, right=0.86, top=0.9, bottom=0.15)
    axes.axhline(0, color=GREY, linewidth=0.8)
    scales = dict.fromkeys(family.axes[SCALE] for family in found)
    for number, (scale, colour) in enumerate(zip(scales, COLOURS, strict=False)):
        line = [(family, row) for family in found if family.axes[SCALE] == scale for row in _gained(family)]
        shares = [float(family.axes[SHARE]) * (1 + 0.02 * number) for family, _ in line]  # side by side
        _gains(axes, shares, [row for _, row in line], colour, f"scale {scale}")
    shares = sorted({float(family.axes[SHARE]) for family in found})
    axes.set_xscale("log", base=2)
    axes.set_xticks(shares, [f"{100 * share:g} %" for share in shares])
    axes.set_xticks([], minor=True)
    axes.set_xlim(shares[0] * 0.9, shares[-1] * 1.1)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    metric = next(row.metric for family in found for row in family.rows if row.metric)
    axes.set_xlabel("share of the training images")
    axes.set_ylabel(f"gain over {experiment.reference}, points of {label(metric)}")
    place = found[0].place.split(",", maxsplit=1)[0]
    axes.set_title(f"LGA, {place}{_scale(found)}", loc="left", fontsize=9)


_Draw = Callable[["Figure", Experiment, Sequence[Family]], None]
_DRAWN: Mapping[str, _Draw] = {"alphas": _alphas, "gains": _scaling}


def _frozen_alpha(block: Mapping[str, Any]) -> float | None:
    """Return the local branches' alpha where it is not learned, else None."""
    return float(block["alpha_local"]) if block.get("alpha") == "frozen" else None


def _gained(family: Family) -> list[Row]:
    return [row for row in family.rows if row.gain]


def _points(axes: "Axes", x: Sequence[float], rows: Sequence[Row], colour: str, joined: bool = False) -> None:
    """The rows' means with their intervals."""
    found = [row.ours for row in rows if row.ours]
    _errors(axes, x, [(one.mean, one.low, one.high) for one in found], colour, "o-" if joined else "o")


def _gains(axes: "Axes", x: Sequence[float], rows: Sequence[Row], colour: str, name: str) -> None:
    found = [row.gain.estimate for row in rows if row.gain]
    _errors(axes, x, [(one.mean, one.low, one.high) for one in found], colour, "o-")
    if found:
        axes.annotate(
            name, (x[-1], found[-1].mean), (8, 0), textcoords="offset points", color=colour, va="center",
            annotation_clip=False,
        )  # fmt: skip


def _errors(
    axes: "Axes",
    x: Sequence[float],
    found: Sequence[tuple[float, float | None, float | None]],
    colour: str,
    form: str,
) -> None:
    means = [mean for mean, _, _ in found]
    below = [0.0 if low is None else mean - low for mean, low, _ in found]
    above = [0.0 if high is None else high - mean for mean, _, high in found]
    axes.errorbar(x, means, (below, above), fmt=form, color=colour, capsize=3, markersize=4, linewidth=1)


def _band(axes: "Axes", reference: Row | None) -> None:
    if reference is None or reference.ours is None:
        return
    ours = reference.ours
    axes.axhline(ours.mean, color=COLOURS[1], linewidth=0.8, linestyle="--")
    if ours.low is not None and ours.high is not None:
        axes.axhspan(ours.low, ours.high, color=COLOURS[1], alpha=0.1, linewidth=0)


def _scale(found: Sequence[Family]) -> str:
    return " (smoke)" if any(family.scale == "smoke" for family in found) else ""
