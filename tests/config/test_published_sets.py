"""Each published detection set on the real command line: inspect, a step of training, and evaluation.

The trees hold the quirks of the published files. Being small they differ from the published counts, and some
of their pictures repeat, which `mode=inspect` tells with exit status 1 and nothing else being wrong.
"""

import json
from pathlib import Path

import pytest

from lga.run.folder.record import read_record
from tests.data.trees import coco, dota, gwhd, tinyperson, visdrone, voc
from tests.run.cells import run_py

SETS = {
    "visdrone": visdrone.write_tree,
    "voc2007": voc.write_tree,
    "voc2012": voc.write_tree,
    "coco2017": coco.write_tree,
    "coco_minitrain": lambda data_dir: coco.add_minitrain(coco.write_tree(data_dir)),
    "dota": dota.write_tree,
    "gwhd": gwhd.write_codalab,
    "tinyperson": tinyperson.write_tree,
    "tinyperson_tiles": tinyperson.write_tree,
}
WITHOUT_NATIVE = ("coco2017", "coco_minitrain")
SMOKE = ("logger=csv", "trainer=smoke", "trainer.accelerator=cpu", "dataset.image_size=64")
OF_SMALL_TREES = {
    "counts that differ from the published ones",
    "images that stand twice in a part",
    "images that two splits share",
}


@pytest.mark.slow
@pytest.mark.parametrize("dataset", SETS)
def test_inspect_train_and_evaluate(dataset, tmp_path):
    SETS[dataset](tmp_path / "data")
    report = tmp_path / "report.json"
    where = (
        f"dataset={dataset}",
        f"paths.data_dir={tmp_path / 'data'}",
        f"paths.output_dir={tmp_path / 'out'}",
    )
    one_thread = {"OMP_NUM_THREADS": "1"}

    inspected = run_py("mode=inspect", *where, f"inspect.json={report}", env=one_thread)
    wrong = json.loads(report.read_text())["wrong"]
    assert {fault["what"] for fault in wrong} <= OF_SMALL_TREES, wrong
    assert inspected.returncode == (1 if wrong else 0), inspected.stderr

    trained = run_py(*where, *SMOKE, env=one_thread)
    assert trained.returncode == 0, trained.stderr
    (result,) = Path(tmp_path / "out" / "runs").rglob("result.json")
    record = read_record(result)
    protocols = {name.split("/")[0] for name in record.metrics}
    assert protocols == {"paper", "coco", "native"} - ({"native"} if dataset in WITHOUT_NATIVE else set())

    evaluated = run_py("mode=evaluate", "mode.json=true", *where, *SMOKE, env=one_thread)
    assert evaluated.returncode == 0, evaluated.stderr
    again = json.loads(evaluated.stdout.splitlines()[-1])
    assert {name: again[name] for name in record.metrics} == pytest.approx(record.metrics)
