"""Runs are killed anywhere and run again: they end as if nothing had happened, bit for bit, leaving nothing.

Twenty points are drawn with a fixed seed, four of each phase, so that each kind of a phase's points (a write,
a rename, a batch) is as likely as the others, however many it has. Every fifth run is killed a second time,
while it resumes. The expected files are those of an undisturbed run at the same place; a record's times and
memory, Lightning's loop counters, and the lines of the log are left out.
"""

import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

from lga.backbones.weights_file import load
from lga.config.frozen_run import FrozenRun
from lga.run.folder.record import read_record
from tests.data.trees import tinyperson, voc
from tests.run.cells import cell
from tests.run.kills import (
    CHECKPOINT,
    JUDGING,
    PHASES,
    PREPARATION,
    RECORD,
    TRAINING,
    WAYS,
    Kill,
    Point,
    is_gone,
    killable,
)
from tests.run.test_resume import assert_same, without_loops

SHORT = ("trainer.max_epochs=3", "trainer.limit_train_batches=2", "trainer.limit_eval_batches=1")
SMALL = ("dataset.image_size=64", "recipe.batch_size=2")
CELLS = {
    "digits": ("attention=lga", "recipe.batch_size=8", "instruments.enabled=true"),
    "scenes": (
        "dataset=digit_scenes",
        *SMALL,
        *(f"dataset.reader.{split}=6" for split in ("train", "val", "test")),
    ),
    "voc": ("dataset=voc2007", *SMALL, "data.cache=disk", "trainer.num_workers=1"),
    "tiles": ("dataset=tinyperson_tiles", "dataset.splits=paper", *SMALL),
}
TREES = {"voc": voc.write_tree, "tiles": tinyperson.write_tree}
CELLS_OF = {
    PREPARATION: ("scenes", "voc", "tiles", "voc"),
    TRAINING: ("digits", "scenes", "voc", "digits"),
    CHECKPOINT: ("digits", "digits", "voc", "digits"),
    JUDGING: ("digits", "scenes", "voc", "digits"),
    RECORD: ("digits", "digits", "scenes", "digits"),
}
TIMES = {"seconds", "started", "ended", "resumed", "peak_memory_bytes"}
SEED = 8


class Case(NamedTuple):
    """One of the twenty kills, whose point is drawn when the points of its cell are known."""

    number: int
    phase: str
    cell: str
    way: str

    @property
    def twice(self) -> bool:
        """Whether the run is killed a second time, while it resumes."""
        return self.number % 5 == 4

    def kills(self, points):
        """The kill and, if there is one, that of the resumed run."""
        draw = random.Random(SEED + self.number)
        yield Kill(drawn(draw, [point for point in points if point.phase == self.phase]), self.way)
        if self.twice:
            yield Kill(drawn(draw, points), draw.choice(WAYS))


def drawn(draw: random.Random, points) -> Point:
    doing = draw.choice(sorted({point.doing for point in points}))
    return draw.choice([point for point in points if point.doing == doing])


def cases():
    chosen = [(phase, name) for number in range(4) for phase in PHASES for name in [CELLS_OF[phase][number]]]
    ways = [WAYS[number % len(WAYS)] for number in range(len(chosen))]
    random.Random(SEED).shuffle(ways)
    return [Case(number, *case, way) for number, (case, way) in enumerate(zip(chosen, ways, strict=True))]


class Undisturbed(NamedTuple):
    """What a run leaves that nobody disturbs, where it lies, and the points that it passes."""

    run: FrozenRun
    files: Path
    points: list[Point]


class Place:
    """Where one run after the other writes to the same folder, so that all their paths are the same."""

    def __init__(self, path: Path, runs) -> None:
        self.path, self.runs = path, runs
        self.root = path / "root"
        self._undisturbed: dict[str, Undisturbed] = {}

    def undisturbed(self, name: str) -> Undisturbed:
        if name not in self._undisturbed:
            self.clear()
            run = self._cell(name)
            ended = self.runs.run(run, self.root)
            assert ended.status == 0
            files = self.root.rename(self.path / name)
            self._undisturbed[name] = Undisturbed(run, files, sorted(ended.points))
        return self._undisturbed[name]

    def _cell(self, name: str) -> FrozenRun:
        data = self.path / "data" / name
        if name in TREES:
            TREES[name](data)
        else:
            data = self.root
        return cell(self.root, f"paths.data_dir={data}", *SHORT, *CELLS[name])

    def clear(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with killable() as runs:
        yield Place(tmp_path_factory.mktemp("kills"), runs)


def visible(root: Path) -> dict[str, Path]:
    """Files that a reader would look at, by their paths below the root."""
    found = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {
        str(name): path
        for name, path in sorted(found.items())
        if not any(part.startswith(".") for part in name.parts)
    }


def assert_whole(root: Path, undisturbed: Path) -> None:
    """Every visible file is one that a reader can trust: of an epoch before, or as it is in the end."""
    expected = visible(undisturbed)
    for name, path in visible(root).items():
        if path.suffix == ".ckpt":
            load(path)
        elif path.name == "result.json":
            read_record(path)
        elif path.name == "metrics.csv":
            text = path.read_text()
            assert text.endswith("\n")
            assert expected[name].read_text().startswith(text)
        elif path.name == "instruments.json":
            json.loads(path.read_text())
        elif path.name != "run.log":
            assert path.read_bytes() == expected[name].read_bytes(), name


def left(root: Path) -> dict:
    """All that lies below the root, hidden or not, without what tells of times."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_dir():
            found[name] = "a folder"
        elif path.name == "result.json":
            found[name] = read_record(path).model_dump(exclude=TIMES)
        elif path.suffix == ".ckpt":
            found[name] = without_loops(load(path))
        else:
            found[name] = "a log" if path.name == "run.log" else path.read_bytes()
    return found


def assert_no_lock_is_held(root: Path) -> None:
    for path in root.rglob("*.lock"):
        lock = FileLock(path)
        lock.acquire(timeout=0)
        lock.release()


tried: list[tuple[str, str, bool]] = []


def survive(place: Place, undisturbed: Undisturbed, kills: list[Kill]) -> None:
    """Kills a run and runs it again until it ends; it must have lost nothing and left nothing."""
    place.clear()
    groups = []
    for kill in kills:
        ended = place.runs.run(undisturbed.run, place.root, kill)
        groups.append(ended.process)
        assert_whole(place.root, undisturbed.files)
        assert kill.way == "SIGTERM" or ended.status == -9 or kill is not kills[0]
    ended = place.runs.run(undisturbed.run, place.root)
    assert ended.status == 0
    found, expected = left(place.root), left(undisturbed.files)
    assert found.keys() ^ expected.keys() == set()
    assert_same(found, expected)
    assert_no_lock_is_held(place.root)
    assert all(is_gone(group) for group in [*groups, ended.process])


QUICK = {2, 3, 4}  # of digits, a phase each


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=f"{case.number}: {case.phase} of {case.cell}, {case.way}",
            marks=[] if case.number in QUICK else pytest.mark.slow,
        )
        for case in cases()
    ],
)
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been(place, case):
    undisturbed = place.undisturbed(case.cell)
    kills = list(case.kills(undisturbed.points))
    print(kills)
    tried.append((case.phase, case.way, False))
    survive(place, undisturbed, kills)
    tried[-1] = (case.phase, case.way, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "doing", "file"),
    [
        pytest.param("voc", "write", "cache/index/", id="half of an index, in a folder that runs share"),
        pytest.param("digits", "os.rename", "/previous.ckpt", id="the best weights are there, the last not"),
        pytest.param(
            "digits", "os.rename", "/last.ckpt", id="the one before has its place, the last not yet"
        ),
        pytest.param("scenes", "write", "/pictures/", id="half of a picture"),
        pytest.param("digits", "os.remove", "/previous.ckpt", id="the record and what is removed for it"),
        pytest.param("digits", "write", "/.result.json", id="half of a record"),
    ],
)
def test_a_run_killed_between_two_files_ends_as_if_it_had_not_been(place, name, doing, file):
    """At the last point of the kind: where a killed run would leave, or had left, what does not fit."""
    undisturbed = place.undisturbed(name)
    at = [point for point in undisturbed.points if point.doing == doing and file in point.file][-1]
    tried.append((at.phase, "SIGKILL", False))
    survive(place, undisturbed, [Kill(at, "SIGKILL")])
    tried[-1] = (at.phase, "SIGKILL", True)


@pytest.mark.slow
def test_all_kills_were_survived(capsys):
    with capsys.disabled():
        print(f"\nkills survived: {sum(survived for *_, survived in tried)} of {len(tried)}")
        for what in (0, 1):
            of, survived = Counter(t[what] for t in tried), Counter(t[what] for t in tried if t[2])
            print("; ".join(f"{name} {survived[name]} of {of[name]}" for name in of))
    assert all(survived for *_, survived in tried)
