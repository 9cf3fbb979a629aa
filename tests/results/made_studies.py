"""The embedded study on made runs of digits, found without composing a config."""

from lga.config.frozen_run import FrozenRun
from lga.dashboard.page.judged import Kept, judged_files
from lga.dashboard.page.studied import found_studies
from lga.results import judging
from lga.results.experiments import chosen_pages
from scripts.kept_pages.rendering import write_changed
from tests.results.made_records import leave_run, made_config, made_record

ATTENTIONS = ("none", "lga", "se", "eca", "cbam")
NONE = {1: 90.0, 2: 91.0, 3: 92.0}
GAINS = {
    "none": {1: 0.0, 2: 0.0, 3: 0.0},
    "lga": {1: 0.8, 2: 0.9, 3: 1.1},
    "se": {2: -0.1, 3: 0.3},
    "eca": {1: 0.5},
}


def leave_study(root, **fields):
    """Runs of four attentions, with fewer and fewer seeds; none of the fifth."""
    for attention, by_seed in GAINS.items():
        for seed, gain in by_seed.items():
            leave_run(
                root, made_record("digits", "mobilenetv3", attention, seed, top1=NONE[seed] + gain, **fields)
            )


def find_made(collection, monkeypatch):
    """What the page is given of the studies in the collection's runs."""
    _without_composing(monkeypatch)
    return found_studies(collection.runs)


def keep_made(runs, folder, monkeypatch):
    """The study's runs as kept ones, judged in a file below `folder`."""
    _without_composing(monkeypatch)
    (page,) = chosen_pages("embedded")
    judged = {page: judging.judge_together(page.experiments, runs)}
    write_changed(judged_files(judged, folder))
    return Kept(folder, {page.name: {run.folder.name: run for run in runs}})


def _without_composing(monkeypatch):
    grid = [FrozenRun(made_config("digits", attention=attention, seed=1)) for attention in ATTENTIONS]
    grids = {"embedded": grid}
    monkeypatch.setattr(judging, "experiment_runs", lambda name, overrides: grids.get(name, ()))
