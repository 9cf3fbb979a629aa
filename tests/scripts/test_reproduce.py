"""`scripts/reproduce.py` end to end on a small tree of VisDrone: interrupted, continued, rendered."""

import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from lga.config.grid import experiment_runs
from lga.library import reproduction
from lga.results.plan.sweep_options import SweepOptions
from lga.run.folder import directory
from lga.run.folder.record import read_record, write_record
from tests.data.trees.visdrone import write_tree
from tests.results.runs import experiment_called, made_run, page_called
from tests.run.cells import ROOT

SCRIPT = ROOT / "scripts" / "reproduce.py"


def command(tmp_path, *arguments, jobs="1"):
    paths = (f"paths.data_dir={tmp_path / 'data'}", f"paths.output_dir={tmp_path / 'out'}")
    quick = ("logger=csv", "trainer.accelerator=cpu", "trainer.num_workers=1")
    return [sys.executable, str(SCRIPT), *arguments, "--scale", "smoke", "--jobs", jobs, *quick, *paths]


def reproduced(tmp_path, *arguments, **settings):
    whole = command(tmp_path, *arguments, **settings)
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_without_data_nothing_runs_and_what_to_do_is_reported(tmp_path):
    finished = reproduced(tmp_path, "table4", "--seeds", "1")
    assert finished.returncode == 1
    assert "0 of 6 cells can run" in finished.stdout
    assert "missing: VisDrone: " in finished.stdout
    assert "table4: nothing can run: no data of it is here" in finished.stderr


def test_a_mistake_is_one_line(tmp_path):
    finished = reproduced(tmp_path, "table7")
    assert finished.returncode == 2
    assert finished.stderr == (
        "error: table7: no such experiment; valid: all, table1, table2, table3, table4, table5, figure1, "
        "table1_short, embedded, ablations, ablation_alpha, ablation_branches, ablation_capacity, "
        "ablation_contraction, ablation_heads, ablation_kernels, ablation_position, ablation_scales, "
        "scaling, beyond, sensitivity, sensitivity_epochs, sensitivity_image_size, "
        "sensitivity_learning_rate, sensitivity_selection\n"
    )


def test_auto_goes_on_with_the_data_sets_that_have_an_undecided_gain(tmp_path, monkeypatch):
    """Digits gain 9 with a spread of hundredths, scenes 1 with one of 3: after 3 seeds digits are decided."""
    sweeps = []

    def swept(name, choice, options):
        sweeps.append((name, *choice, options.seeds))
        return 0

    def collected(folder):
        grid = experiment_runs("embedded", ["attention=none,lga", f"seed={options_of(sweeps[-1][-1])}"])
        return SimpleNamespace(runs=tuple(made_run(run, value(run)) for run in grid))

    def options_of(seeds):
        return ",".join(str(seed) for seed in range(1, seeds + 1))

    def value(run):
        wave = (run.cell.seed * 7 % 5 - 2) * (-1 if run.cell.attention == "lga" else 1)
        step, noise = (9.0, 0.01) if run.cell.dataset == "digits" else (1.0, 3.0)
        return 50 + noise * wave + step * (run.cell.attention == "lga")

    plan = SimpleNamespace(runnable=True, datasets=(), outputs=tmp_path, kept=())
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr("lga.results.plan.plan.plan_sweeps", lambda *_: plan)
    monkeypatch.setattr("lga.results.plan.plan_view.show_plan", lambda _: None)
    monkeypatch.setattr(reproduction, "_sweep", swept)
    monkeypatch.setattr(reproduction, "collect", collected)
    chosen = page_called("embedded"), [experiment_called("embedded")]
    assert reproduction._reproduce(*chosen, SweepOptions(10, looks=(3, 5, 10)), False).status == 0
    scenes = ("embedded", "dataset=digit_scenes", "backbone=mobilenetv3")
    assert sweeps == [("embedded", 3), (*scenes, 5), (*scenes, 10)]
    assert (
        "Looks were planned at 3, 5, 10 seeds" in (tmp_path / "tables" / "embedded" / "README.md").read_text()
    )


def test_auto_goes_on_with_the_experiments_that_were_asked_for(tmp_path, monkeypatch):
    """Not with others of their page that have runs in common with them, undecided as these may be."""
    page, sweeps = page_called("sensitivity"), []
    undecided = SimpleNamespace(settled=False, dataset="fashion_mnist", rows=())
    judged = [SimpleNamespace(experiment=one, families=[undecided]) for one in page.experiments]
    plan = SimpleNamespace(runnable=True, datasets=(), outputs=tmp_path, kept=())
    monkeypatch.setattr("lga.results.plan.plan.plan_sweeps", lambda *_: plan)
    monkeypatch.setattr("lga.results.plan.plan_view.show_plan", lambda _: None)
    monkeypatch.setattr(reproduction, "_sweep", lambda name, _, options: sweeps.append(options.of_runs) or 0)
    monkeypatch.setattr(reproduction, "judge_together", lambda *_: judged)
    monkeypatch.setattr(reproduction, "write_page", lambda *_: tmp_path)
    monkeypatch.setattr(reproduction, "progress_text", str)
    asked = page, [experiment_called("sensitivity_epochs")]
    assert reproduction._reproduce(*asked, SweepOptions(10, looks=(3, 5, 10)), False).status == 0
    assert [of_runs[0].count(",") + 1 for of_runs in sweeps] == [3, 5, 10]
    assert {of_runs[2] for of_runs in sweeps} == {"++experiment.looks=[3,5,10]"}


def test_runs_that_count_as_finished_by_their_kept_records_stand_in_the_page(tmp_path, monkeypatch):
    """Two seeds of two cells are kept, nothing is left to run; trained anew, one has its new value."""
    asked = ["dataset=digits", "attention=none,lga", f"paths.output_dir={tmp_path}"]
    grid = experiment_runs("embedded", [*asked, "seed=1,2"])
    monkeypatch.setattr(directory, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(reproduction, "_sweep", lambda *_: 0)
    (tmp_path / "kept" / "embedded" / "records").mkdir(parents=True)
    for value, run in enumerate(grid, 90):
        path = directory.kept_path(tmp_path / "kept" / "embedded", run.cell, run.config_hash)
        write_record(path, made_run(run, value).record)

    def means(*overrides):
        found = reproduction.reproduce("embedded", seeds=2, overrides=[*asked, *overrides])
        (family,) = (f for one in found.results for f in one.families if f.dataset == "digits")
        return {row.attention: row.ours.mean for row in family.rows if row.ours}

    assert means() == {"none": 90.5, "lga": 92.5}
    assert means("paths.kept=null") == {}
    (tmp_path / "runs" / "anew").mkdir(parents=True)
    write_record(tmp_path / "runs" / "anew" / "result.json", made_run(grid[0], 80).record)
    assert means() == {"none": 85.5, "lga": 92.5}


@pytest.mark.slow
def test_an_interrupted_table_goes_on_and_is_rendered(tmp_path):
    """Two cells: killed within the second, the same command runs only that one; five sets are missing."""
    write_tree(tmp_path / "data", images=4)
    sweep = ("table2", "--seeds", "1", "attention=none,lga")
    process = subprocess.Popen(
        command(tmp_path, *sweep), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not list(tmp_path.glob("out/runs/visdrone/*/lga/*/checkpoints/last.ckpt")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "2 of 12 cells can run: 0 runs cached, 2 left" in output
    assert output.count("missing: ") == 5
    assert error.splitlines() == ["stopped; the same command continues from the last checkpoint"]
    again = reproduced(tmp_path, *sweep)
    assert again.returncode == 0, again.stderr
    assert "2 of 12 cells can run: 1 run cached, 1 left" in again.stdout
    assert "sweep: 1 done, 1 cached, 0 failed, 0 left" in again.stdout
    page = (tmp_path / "out" / "tables" / "table2" / "README.md").read_text()
    assert "(2 of 30 cells, smoke)" in page
    assert page.count("*(smoke)*") == 5  # two numbers of each row, and the gain
    records = [read_record(path) for path in tmp_path.glob("out/runs/**/result.json")]
    assert {record.group for record in records} == {"table2"}


@pytest.mark.slow
def test_two_ablations_share_a_page_and_the_block_that_stands_in_both(tmp_path):
    """Two cells of one, then two of the other, of which the released block is there already."""
    quick = ("--seeds", "1", "dataset.reader.train=32", "dataset.reader.val=8", "dataset.reader.test=8")
    first = reproduced(tmp_path, "ablation_heads", *quick, "attention=lga,ablation/heads_1")
    assert first.returncode == 0, first.stderr
    second = reproduced(tmp_path, "ablation_scales", *quick, "attention=lga,ablation/scales_0", jobs="2")
    assert "2 of 2 cells can run: 1 run cached, 1 left" in second.stdout
    assert "sweep: 1 done, 1 cached, 0 failed, 0 left" in second.stdout
    page = (tmp_path / "out" / "tables" / "ablations" / "README.md").read_text()
    assert "| scales 0 | 1 |" in page
    assert "*(smoke)*" in page
    assert len(list(tmp_path.glob("out/runs/**/result.json"))) == 3
