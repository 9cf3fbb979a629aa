"""Quick cells for tests: composed as on the command line, a few steps long, in a folder of the test's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import FrozenRun, freeze

ROOT = Path(__file__).parents[2]
QUICK = ("logger=csv", "trainer=smoke", "trainer.progress=false", "trainer.accelerator=cpu")


def cell(output_dir: Path, *overrides: str) -> FrozenRun:
    """The frozen run of a quick cell whose outputs go under `output_dir`."""
    everything = (*QUICK, f"paths.output_dir={output_dir}", *overrides)
    return freeze(compose(everything), everything)


def end_run(run: FrozenRun, epoch: int, hook: str = "on_train_epoch_end") -> None:
    """Execute a run until a hook in an epoch, counted from 0: before that epoch's checkpoint."""
    from lga.run.callbacks.history import MetricsHistory
    from lga.run.execute import execute

    original = getattr(MetricsHistory, hook)

    def end(history, trainer, *arguments):
        if trainer.current_epoch >= epoch:
            raise SystemExit("ended on purpose")
        original(history, trainer, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MetricsHistory, hook, end)
        with pytest.raises(SystemExit):
            execute(run)


def run_py(
    *arguments: str, env: dict[str, str] | None = None, **settings
) -> subprocess.CompletedProcess[str]:
    """`python run.py <arguments>` to its end."""
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    environment = {**os.environ, "COLUMNS": "200", **(env or {})}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **settings,
    )
