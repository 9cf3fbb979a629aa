"""Loggers and callbacks by config: several at once, one's own, those whose package is missing."""

import pytest
import pytorch_lightning as pl
import wandb
from pytorch_lightning.loggers.logger import Logger

from lga.config.compose import composed_or_explained
from lga.run import preflight
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system import errors
from lga.system.errors import UserError
from tests.run.cells import cell

MADE: list["Kept"] = []


class Kept(Logger):
    """Keeps what it is handed."""

    name = version = "kept"

    def __init__(self, save_dir, prefix=""):
        super().__init__()
        self.folder, self.prefix, self.rows, self.config = save_dir, prefix, [], {}
        MADE.append(self)

    def log_metrics(self, metrics, step=None):
        self.rows.append((step, dict(metrics)))

    def log_hyperparams(self, params):
        self.config = params


class Counts(pl.Callback):
    seen = 0

    def on_train_epoch_end(self, trainer, pl_module):
        Counts.seen += 1


def own(kind="mine"):
    return f"+logger.kinds.{kind}={{_target_:{__name__}.Kept,_partial_:true,prefix:{kind}}}"


def test_every_logger_gets_epochs_steps_and_learning_rates(tmp_path):
    MADE.clear()
    run = cell(tmp_path, own(), own("other"))
    execute(run)
    assert [logger.prefix for logger in MADE] == ["mine", "other"]
    assert MADE[0].folder == str(run.directory / "mine")
    assert MADE[0].config["attention"]["name"] == "none"
    assert MADE[0].rows == MADE[1].rows
    row = next(row for _, row in MADE[0].rows if "step/lr" in row)
    assert row["step/loss"] > 0
    assert row["step/lr"] >= 0
    names = {name for _, row in MADE[0].rows for name in row}
    assert {"val/top1", "train/loss", "test/top1"} <= names


def test_kinds_are_no_part_of_the_identity():
    from lga.config.frozen_run import freeze

    hashes = [
        freeze(composed_or_explained([text])).config_hash for text in ("logger=csv", "logger=[wandb,mlflow]")
    ]
    assert hashes[0] == hashes[1]
    stopped = freeze(composed_or_explained(["callbacks=early_stopping"])).config_hash
    assert stopped != hashes[0]


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
def test_a_missing_package_is_one_line(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(errors, "find_spec", lambda _: None)
    message = rf"^logger={kind} needs {kind}: pip install 'lga\[loggers\]'$"
    with pytest.raises(UserError, match=message):
        preflight.check(cell(tmp_path, f"logger=[csv,{kind}]"))


def test_unknown_ones_are_named_with_those_there_are():
    with pytest.raises(UserError, match="logger=nothing: no such option; valid: csv, mlflow, tensorboard"):
        composed_or_explained(["logger=[csv,nothing]"])


def test_tensorboard_writes_events(tmp_path):
    pytest.importorskip("tensorboard")
    run = cell(tmp_path, "logger=[csv,tensorboard]", "callbacks=learning_rate_monitor")
    execute(run)
    events = b"".join(path.read_bytes() for path in (run.directory / "tensorboard").glob("events.*"))
    assert b"step/lr" in events
    assert b"val/top1" in events


def test_mlflow_keeps_the_run(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    execute(cell(tmp_path, "logger=mlflow"))
    client = mlflow.tracking.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (experiment,) = [one for one in client.search_experiments() if one.name == "local-global-attention"]
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "digits-mobilenetv3-none-s0"
    assert {"val/top1", "step/lr"} <= set(found.data.metrics)


def test_early_stopping_ends_a_run_that_stands_still(tmp_path):
    still = ("recipe.optimizer.lr=0", "trainer.max_epochs=5", "callbacks.early_stopping.patience=1")
    run = cell(tmp_path, "callbacks=early_stopping", *still)
    execute(run)
    assert read_record(RunDirectory(run).result).epochs == 2


def test_ones_own_callback(tmp_path):
    Counts.seen = 0
    execute(cell(tmp_path, f"+callbacks.mine._target_={__name__}.Counts"))
    assert Counts.seen == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["callbacks=learning_rate_monitor"], "callbacks=learning_rate_monitor: it needs a logger: set"),
        (["+callbacks.mine._target_=torch.nn.Identity"], "callbacks.mine: Identity is no callback"),
        (["+callbacks.mine._target_=nowhere.X"], "callbacks.mine._target_=nowhere.X: cannot be imported"),
        (
            ["callbacks=early_stopping", "+callbacks.early_stopping.x=1"],
            "callbacks.early_stopping.x: no such",
        ),
    ],
)
def test_callbacks_that_do_not_fit_are_one_line(tmp_path, overrides, message):
    with pytest.raises(UserError, match=message):
        execute(cell(tmp_path, *overrides))


def test_wandb_keeps_the_best_in_its_summary(tmp_path, monkeypatch):
    defined, rows = {}, []

    class Run:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def define_metric(self, name, summary):
            defined[name] = summary

        def log(self, row, step):
            rows.append(row)

        def finish(self, exit_code):
            pass

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setattr(wandb, "init", lambda **_: Run())
    execute(cell(tmp_path, "logger=[wandb,csv]"))
    assert defined == {"val/top1": "max", "val/loss": "min"}
    assert any("step/lr" in row for row in rows)
