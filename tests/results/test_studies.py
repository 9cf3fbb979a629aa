"""The embedded study on made records: gains of the additive model, and what is said of them.

Gains 0.8, 0.9, 1.1 and -0.1, 0.0, 0.2 are each their mean and -0.1333, -0.0333, 0.1667: squares of
residuals sum to 2 / 3 * 0.04667 = 0.0311 on 4 degrees of freedom, s = 0.0882, the error of a gain 0.0720, its
simultaneous critical value 3.31.
"""

import csv
import io
from pathlib import Path

import pytest

from lga.config.grid import _composing, experiment_runs
from lga.data.classification.published_files import PUBLISHED
from lga.results.collect import CollectedRun
from lga.results.experiments import all_experiments, chosen_pages
from lga.results.judging import judge
from lga.results.reports.csv_text import csv_text
from lga.results.sentences import family_sentence
from lga.run.folder.record import DataRecord, OtherEpochRecord
from lga.system.errors import UserError
from tests.results.runs import experiment_called, finished, made_run, page_text

EMBEDDED = experiment_called("embedded")
NONE = {1: 90.0, 2: 91.0, 3: 92.0}
GAINS = {"none": (0, 0, 0), "lga": (0.8, 0.9, 1.1), "se": (-0.1, 0.0, 0.2)}


@pytest.fixture(scope="module")
def runs():
    overrides = ["dataset=digits", "attention=none,lga,se", "seed=1,2,3"]
    return {(run.cell.attention, run.cell.seed): run for run in experiment_runs("embedded", overrides)}


@pytest.fixture(scope="module")
def found(runs):
    collected = []
    for (attention, seed), run in runs.items():
        top1 = NONE[seed] + GAINS[attention][seed - 1]
        made = finished(run, 0.0, "embedded", parameters=666_848)
        record = made.record.model_copy(update={"metrics": {"top1": top1}, "monitor": "val/top1"})
        collected.append(CollectedRun(Path("run"), record))
    return judge(EMBEDDED, collected)


@pytest.fixture(autouse=True, scope="module")
def counts():
    from tests.results import runs as made

    made.COUNTS.setdefault("se", (666_896, 0.9))
    yield
    made.COUNTS.pop("se")


def row(found, attention):
    return next(row for row in found.families[0].rows if row.attention == attention)


def test_gains_are_paired_and_corrected(found):
    lga, se = row(found, "lga"), row(found, "se")
    assert lga.gain.estimate.mean == pytest.approx(0.9333, abs=1e-4)
    assert lga.gain.estimate.low == pytest.approx(0.9333 - 3.31 * 0.0720, abs=1e-3)
    assert (lga.word, se.word, row(found, "none").word) == ("gain", "practically none", "-")


def test_what_did_not_run_is_said(found):
    assert row(found, "cbam").ours is None
    assert "| cbam | - | *not run* | - | - | - | - |" in page_text(found)
    assert family_sentence(EMBEDDED, found.families[1]) == (
        "Scenes of digits with MobileNetV3: not run with two seeds of none and of an attention yet."
    )


def test_the_sentence_and_the_row(found):
    """A change of 1 point at s = 0.1528, d = 6.5, takes 3 pairs: 2 have a power of 0.56 only."""
    assert family_sentence(EMBEDDED, found.families[0]) == (
        "Handwritten digits with MobileNetV3, top-1 accuracy: lga (gain of +0.93 [+0.69, +1.17], p < 0.001); "
        "practically none: se; a gain of 0.31 would have been found in four of five repetitions."
    )
    line = "| lga | 3 | 91.93 [88.57, 94.37] | +0.93 [+0.69, +1.17] | < 0.001 | gain | 666,848 |"
    assert line in page_text(found)


def test_csv(found):
    rows = list(csv.DictReader(io.StringIO(csv_text([found]))))
    assert len(rows) == 20
    lga = next(row for row in rows if (row["dataset"], row["attention"]) == ("digits", "lga"))
    assert (lga["seeds"], lga["found"], float(lga["gain"])) == (
        "1 2 3",
        "gain",
        pytest.approx(0.9333, abs=1e-4),
    )
    assert rows[-1]["mean"] == ""


def test_every_study_has_its_grid():
    with _composing() as compose:
        for study in all_experiments():
            cfg = compose([f"experiment={study.name}", "hydra.mode=MULTIRUN"])
            assert study.reference in cfg.hydra.sweeper.params.attention.split(",")
            assert (cfg.logger.group, cfg.paths.kept) == (study.name, study.page)


def test_pages_and_experiments_are_chosen_by_name():
    names = {page.name: [one.name for one in chosen] for page, chosen in chosen_pages("all").items()}
    assert names == {name: [name] for name in ("table1", "table2", "table3", "table4", "table5", "figure1")}
    ((page, chosen),) = chosen_pages("ablation_alpha").items()
    assert (page.name, [one.name for one in chosen]) == ("ablations", ["ablation_alpha"])
    ((page, chosen),) = chosen_pages("ablations").items()
    assert (len(chosen), chosen) == (8, page.experiments)
    with pytest.raises(UserError, match=r"alpha: no such experiment; valid: all, table1, .*, ablations, "):
        chosen_pages("alpha")


def test_best_epoch_and_published_numbers_stand_beside():
    short = experiment_called("table1_short")
    files = {file.name: file.sha256 for file in PUBLISHED["Fashion-MNIST"]}
    data = DataRecord(manifest_hash="0" * 64, files=files, counts={"train": 60_000, "test": 10_000})
    best = {1: 93.5, 2: 94.5}
    collected = [
        made_run(
            run, 0.0, "study", monitor="val/top1", metrics={"top1": 91.0 + run.cell.seed}, data=data,
            other_epoch=OtherEpochRecord(
                rule="best val/top1", epoch=9, metrics={"top1": best[run.cell.seed]}
            ),
        )
        for run in experiment_runs("table1_short", ["dataset=fashion_mnist", "attention=none", "seed=1,2"])
    ]  # fmt: skip
    page = page_text(judge(short, collected))
    (none,) = (line for line in page.splitlines() if line.startswith("| none | 2 |"))
    assert [cell.strip() for cell in none.split("|")][3].startswith("92.50 [")  # 92 and 93
    assert none.endswith("| 900,000 | 94.00 | 92.8 |")  # 93.5 and 94.5; the published row
    assert "| lga | - | *not run* | - | - | - | - | - | 92.9 |" in page
