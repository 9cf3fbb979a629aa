"""Kept records: what stays of a run, which are kept, and that this checkout's generated files are of them."""

import base64
import json

from lga.dashboard.page.judged import judged_files
from lga.results.collect import CollectedRun
from lga.results.judging import judge
from lga.results.reports.committed import keep, read_kept, slim
from lga.run.folder.record import OutcomesRecord
from scripts.kept_pages.rendering import committed_files, judge_kept
from tests.results.runs import composed, experiment_called, finished, page_text

TABLE3 = experiment_called("table3")


def test_generated_files_are_those_of_the_kept_records():
    judged = judge_kept()
    files = {**committed_files(judged), **judged_files(judged)}
    stale = [str(path) for path, text in files.items() if not path.is_file() or path.read_text() != text]
    assert stale == [], "run `make tables` and commit what it writes"


def test_a_kept_record_knows_nothing_of_its_machine(tmp_path):
    run = composed(f"paths.data_dir={tmp_path}", "logger=csv", seeds="1")[0]
    overrides = [f"paths.data_dir={tmp_path}", "logger=csv", "seed=1"]
    kept = slim(finished(run, 22.0, overrides=overrides, metrics_per_class={"car": {"x": 12.3456789}}))
    assert kept.overrides == ["seed=1"]
    assert str(tmp_path) not in kept.model_dump_json()
    assert {"paths", "logger", "mode"}.isdisjoint(kept.config)
    assert "data_dir" not in kept.config["dataset"]["reader"]
    assert kept.metrics_per_class == {"car": {"x": 12.346}}
    assert kept.config_hash == run.config_hash


def test_a_kept_record_has_curve_classes_and_outcomes_and_is_small(tmp_path):
    run = finished(composed(seeds="1")[0], 22.0)
    names = [f"val/paper/{name}" for name in ("map50", "map50_95", "fitness")] + ["train/loss", "lr/0"]
    rows = [[str(epoch), *(f"{epoch / 7 + number}" for number in range(5))] for epoch in range(1, 21)]
    lines = [["epoch", *names], *rows]
    (tmp_path / "metrics.csv").write_text("".join(",".join(line) + "\n" for line in lines))
    right = base64.b64encode(bytes(1250)).decode()
    message = {
        "outcomes": OutcomesRecord(file="outcomes.npz", sha256="0" * 64, images=10_000, right=right),
        "metrics_per_class": {f"class {n}": {"top1": n / 7, "top5": n / 3} for n in range(10)},
    }
    run = CollectedRun(tmp_path, run.record.model_copy(update=message))
    (path,) = keep([run], tmp_path)
    (kept,) = read_kept(tmp_path)
    assert path.stat().st_size < 15_000
    assert kept.record.outcomes.right == right
    assert kept.record.metrics_per_class["class 1"] == {"top1": 0.14286, "top5": 0.33333}
    assert kept.record.curve.splitlines()[1] == "1,0.14286,1.1429,2.1429,3.1429"
    assert len(kept.record.curve.splitlines()) == 21
    path.write_text(written := path.read_text().replace("{", "{ ", 1))  # the same record, by another writer
    keep([kept], tmp_path)
    assert path.read_text() == written  # what is kept is not written again


def test_kept_records_make_the_same_page(tmp_path):
    runs = composed(seeds="1,2")
    table = judge(TABLE3, [finished(run, 22.0 + run.cell.seed) for run in runs])
    paths = keep(table.runs, tmp_path)
    assert sorted(path.name.rsplit("-", 1)[0] for path in paths) == [
        f"visdrone-resnet18-{attention}-seed{seed}" for attention in ("lga", "none") for seed in (1, 2)
    ]
    assert page_text(judge(TABLE3, read_kept(tmp_path))) == page_text(table)
    assert json.loads(paths[0].read_text())["status"] == "finished"


def test_no_kept_record_is_dropped(tmp_path):
    """Whether its run is still there, is shown, or neither."""
    smoke = [finished(run, 0.1, "smoke") for run in composed("trainer=smoke", seeds="1")]
    keep(judge(TABLE3, smoke).runs, tmp_path)
    full = [finished(run, 22.0) for run in composed(seeds="1,2")]
    keep(judge(TABLE3, [*read_kept(tmp_path), *full]).runs, tmp_path)
    one_more = [finished(composed(seeds="3")[0], 23.0)]  # when all outputs are gone
    paths = keep(judge(TABLE3, [*read_kept(tmp_path), *one_more]).runs, tmp_path)
    assert len(paths) == len(read_kept(tmp_path)) == len(smoke) + len(full) + 1
    assert [run.scale for run in judge(TABLE3, read_kept(tmp_path)).runs] == ["full"] * 5


def test_full_records_stay_when_smoke_runs_are_kept(tmp_path):
    full = [finished(run, 22.0) for run in composed(seeds="1")]
    keep(judge(TABLE3, full).runs, tmp_path)
    smoke = [finished(run, 0.1, "smoke") for run in composed("trainer=smoke", seeds="1,2")]
    keep(judge(TABLE3, [*read_kept(tmp_path), *smoke]).runs, tmp_path)
    assert {run.scale for run in read_kept(tmp_path)} == {"full"}
    assert len(read_kept(tmp_path)) == 2
