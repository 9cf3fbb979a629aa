"""What is asked of a sweep, as overrides: those of its launcher apart from those of its runs."""

from lga.results.plan.sweep_options import SweepOptions, divide_overrides


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
