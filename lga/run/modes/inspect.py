"""`mode=inspect`: what a set's files hold, and what of it is wrong; trains nothing.

The terminal shows tables, then what is known, worth noting, and wrong; exit status 1 where something is. What
`inspect.json` and `inspect.pictures` name is written; the folder of pictures gets ``<part>-images.png``.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lga.config.frozen_run import FrozenRun
from lga.config.instantiation import make_reader
from lga.data.inspection.contact_sheet import Pictured, contact_sheet
from lga.data.inspection.pictures import published_parts, split_parts
from lga.data.inspection.published_set import PublishedInspection, inspect_splits
from lga.data.inspection.report import Contents, PartReport, Report
from lga.data.published import PublishedDataset
from lga.system.files import writable, write_atomically, write_text
from lga.system.progress import Track, track, untracked
from lga.system.terminal_text import numbered, printable, with_fixed_width

COLUMNS = 4  # parts beside one another
FIRST = 5  # of each kind are shown
Row = tuple[str, ...]


def inspect(run: FrozenRun) -> None:
    """Report on the set of `dataset`; exits with status 1 where something is wrong."""
    try:
        report = _inspect(run.cfg)
    except KeyboardInterrupt as stop:
        raise type(stop)("stopped; the inspection is not complete") from None
    if report.wrong:
        sys.exit(1)


def _inspect(cfg: DictConfig) -> Report:
    if folds := cfg.dataset.folds:
        print(f"dataset.folds={folds}: a run divides all images by its seed; these are the set's own splits")
    report, parts = _report(cfg)
    show(report, Console(), complete_in=cfg.inspect.json)
    if cfg.inspect.json:
        path = Path(cfg.inspect.json)
        with writable(path.parent, "inspect.json"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(report.as_dict(), indent=1) + "\n")
    if cfg.inspect.pictures and parts:
        _write_pictures(Path(cfg.inspect.pictures), parts, _track(cfg))
    return report


def _report(cfg: DictConfig) -> tuple[Report, Mapping[str, Pictured]]:
    """Return the report, and the parts to make pictures of."""
    reader = _reader(cfg)
    if isinstance(reader, PublishedDataset):
        inspection = PublishedInspection(reader, cfg.data.on_error == "skip", _track(cfg))
        return inspection.report(), published_parts(inspection)
    name, class_names = cfg.dataset.name, tuple(cfg.dataset.class_names)
    where = str(getattr(reader, "root", cfg.dataset.reader.get("data_dir", "installed packages")))
    checked = getattr(reader, "checked", "what its reader checks")
    report, splits = inspect_splits(name, where, checked, class_names, reader)
    return report, split_parts(name, splits, class_names) if splits else {}


def _reader(cfg: DictConfig) -> Any:
    """Make the set's reader; let it collect faults if it can: the first must not end the inspection."""
    collecting = {"on_error": "skip"} if "on_error" in cfg.dataset.reader else {}
    return make_reader(OmegaConf.create({**cfg.dataset, "reader": {**cfg.dataset.reader, **collecting}}))


def _write_pictures(folder: Path, parts: Mapping[str, Pictured], track: Track) -> None:
    with writable(folder, "inspect.pictures"):
        folder.mkdir(parents=True, exist_ok=True)
        for part in track(list(parts), "pictures of parts"):
            if len(parts[part]):
                sheet = contact_sheet(parts[part])
                write_atomically(folder / f"{part}-images.png", partial(sheet.save, format="png"))
    print(f"pictures of {numbered(len(parts), 'part')}: {folder}")


def _track(cfg: DictConfig) -> Track:
    return track if cfg.trainer.progress else untracked


def show(report: Report, console: Console, complete_in: str | None) -> None:
    """Print the report.

    `complete_in` names the file that lists what is cut short here, if one is written.
    """
    with_fixed_width(console)
    listing = _Listing(console, complete_in)
    listing.line(f"{report.dataset} in {report.where}; checked: {report.checked}")
    parts = list(report.parts)
    for start in range(0, len(parts), COLUMNS):
        chosen = parts[start : start + COLUMNS]
        reports = [report.parts[part] for part in chosen]
        console.print(_table("", chosen, _measures(reports)))
        console.print(_table("class", chosen, _classes(reports)))
    if any(part.published for part in report.parts.values()):
        listing.line("in brackets: = is the published count, +n or -n differs from it by n")
    if report.plans:
        console.print(_plans(report))
    _notes(report, listing)
    for what in dict.fromkeys(wrong.what for wrong in report.wrong):
        listing.show(f"wrong: {what}", [wrong.message for wrong in report.wrong if wrong.what == what])
    count = len(report.wrong)
    listing.line(f"{report.dataset}: {f'{count:,} wrong' if count else 'nothing wrong'}")


class _Listing:
    """Prints lists of which only the first are shown."""

    def __init__(self, console: Console, complete_in: str | None) -> None:
        self.console = console
        self.all = f"all are in {complete_in}" if complete_in else "inspect.json=<file> lists all"

    def show(self, what: str, items: Sequence[str]) -> None:
        if items:
            self.line(f"{what}: {len(items):,}")
        for item in items[:FIRST]:
            self.line(f"  {item}")
        if len(items) > FIRST:
            self.line(f"  and {len(items) - FIRST:,} more; {self.all}")

    def line(self, text: str) -> None:
        self.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _notes(report: Report, listing: _Listing) -> None:
    """Return what is worth knowing and not wrong."""
    for name, part in report.parts.items():
        for what in dict.fromkeys(dropped.what for dropped in part.known):
            places = [dropped.place for dropped in part.known if dropped.what == what]
            listing.show(f"known: {name}, {what}", places)
        twice = [f"{duplicate.place}, first {duplicate.first}" for duplicate in part.duplicate_boxes]
        listing.show(f"note: {name}, boxes that stand twice", twice)
        listing.show(f"note: {name}, images that no annotation names", part.unnamed_images)
    for leak in report.leaks:
        if leak.declared:
            shared = f"{leak.splits[0]} and {leak.splits[1]} share {leak.count:,}, {leak.how}"
            listing.line(f"known: {shared}: {report.plans[report.splits or ''].leak}")


def _table(corner: str, parts: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(corner)
    for part in parts:
        table.add_column(escape(printable(part)), justify="right")
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    return table


def _measures(parts: Sequence[PartReport]) -> list[Row]:
    """Return the rows of the first table; those that are empty in all parts are left out."""
    columns = [dict(_cells(part)) for part in parts]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [(name, *(column.get(name, "") for column in columns)) for name in names]
    return [row for row in rows if any(row[1:])]


def _cells(part: PartReport) -> Iterator[tuple[str, str]]:
    contents = part.contents
    yield "images", _beside(part, "images", contents.images)
    if contents.objects is not None:
        yield "images without objects", f"{contents.without_objects:,}"
        yield "objects that count", _beside(part, "objects", contents.objects)
        yield "all boxes", _beside(part, "boxes", contents.boxes or 0)
    for reason, count in (contents.ignored or {}).items():
        yield f"  ignored: {reason}", f"{count:,}"
    for what, faults in (("known", part.known), ("wrong", part.refused)):
        for kind in dict.fromkeys(fault.what for fault in faults):
            yield f"  {what}: {kind}", f"{sum(fault.what == kind for fault in faults):,}"
    yield "boxes that stand twice", _count(part.duplicate_boxes)
    yield "images that stand twice", _count(part.duplicate_images)
    yield "images that no annotation names", _count(part.unnamed_images)
    yield from _sizes(contents)


def _sizes(contents: Contents) -> Iterator[tuple[str, str]]:
    if images := contents.image_sizes:
        for name, (width, height) in (
            ("image size: smallest", images.smallest),
            ("  median", images.median),
            ("  largest", images.largest),
        ):
            yield name, f"{width} x {height}"
    if boxes := contents.box_sizes:
        for percent, size in boxes.percentiles.items():
            yield f"object size: {percent} % below" if percent == 1 else f"  {percent} %", f"{size:.1f} px"
        for limit, count in boxes.under.items():
            share = 100 * count / (contents.objects or 1)
            yield f"objects under {limit} px", f"{count:,} ({share:.0f} %)"


def _classes(parts: Sequence[PartReport]) -> list[Row]:
    return [
        (name, *(_beside(part, name, part.contents.per_class[name]) for part in parts))
        for name in parts[0].contents.per_class
    ]


def _beside(part: PartReport, what: str, found: int) -> str:
    """Return a count, and what the published one says about it."""
    for figure in part.published:
        if figure.what == what:
            return f"{found:,} " + (f"({figure.difference:+,})" if figure.difference else "(=)")
    return f"{found:,}"


def _count(things: Sequence[object]) -> str:
    return f"{len(things):,}" if things else ""


def _plans(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("splits", no_wrap=True)
    table.add_column("train; val; test, who uses them, and what leaks")
    for name, plan in report.plans.items():
        selecting = plan.val or "held out of train"
        lines = (
            f"{', '.join(plan.train)}; {selecting}; {plan.test}",
            f"who: {plan.who}",
            f"leak: {plan.leak or 'none'}",
        )
        chosen = " (chosen)" if name == report.splits else ""
        table.add_row(escape(name + chosen), escape("\n".join(lines)))
    return table
