"""What is asked of a sweep, as overrides: those of its launcher apart from those of its runs."""

import pytest

from lga.results.plan.sweep_options import SweepOptions, divide_overrides, seeds_at_looks
from lga.system.errors import UserError


def test_seeds_are_a_number_or_looked_at_several_times():
    assert [seeds_at_looks(text) for text in ("5", "auto")] == [(5,), (3, 5, 10)]
    for text in ("0", "-1", "many"):
        with pytest.raises(UserError, match=f"SEEDS={text}: a number from 1, or auto"):
            seeds_at_looks(text)


def test_jobs_at_once_are_slurms_throttle_and_its_settings_are_no_part_of_a_run():
    of_runs, of_launcher = divide_overrides(
        ["attention=lga", "hydra.launcher.partition=gpu", "paths.data_dir=/data", "hydra.launcher.time=60"]
    )
    options = SweepOptions(1, "smoke", 8, "slurm", of_runs, of_launcher)
    assert options.of_runs == ("seed=1", "trainer=smoke", "attention=lga", "paths.data_dir=/data")
    assert options.of_launcher == (
        "hydra/launcher=slurm",
        "hydra.launcher.array_parallelism=8",
        "hydra.launcher.partition=gpu",
        "hydra.launcher.time=60",
    )
