"""What variants of the block are called."""

import pytest

from lga.config.grid import experiment_runs
from lga.results.judging import judge
from lga.results.labels import block_label
from tests.results.runs import page_called

RELEASED = {
    "heads": 6, "local_kernels": [3, 5, 7], "global_kernel": 11, "position": "learned_nearest",
    "alpha": "learned", "alpha_local": 0.5, "alpha_global": 0.5, "residual": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "label"),
    [
        ({}, ""),
        ({"heads": 12}, "heads 12"),
        ({"local_kernels": [3, 5]}, "local kernels 3, 5"),
        ({"global_kernel": None}, "no global kernel"),
        ({"position": "learned_bilinear"}, "position learned bilinear"),
        ({"alpha": "frozen"}, "alphas frozen at 0.5 / 0.5"),
        ({"alpha": "frozen", "alpha_local": 0.25, "alpha_global": 0.75}, "alphas frozen at 0.25 / 0.75"),
        ({"alpha_local": 1.0, "alpha_global": 1.0}, "alphas learned from 1 / 1"),
        ({"alpha": "per_channel"}, "alphas per channel from 0.5 / 0.5"),
        ({"residual": True, "heads": 1}, "heads 1, residual"),
    ],
)
def test_labels(changed, label):
    assert block_label({**RELEASED, **changed}, RELEASED) == label


def test_every_variant_of_the_ablations_has_a_label_of_its_own():
    for study in page_called("ablations").experiments:
        (family,) = judge(study, []).families
        labels = [row.label for row in family.rows]
        assert len(set(labels)) == len(labels), study.name
        assert all(row.label == row.attention or "lga" not in row.label for row in family.rows)
        assert family.row(study.reference) is not None


def test_the_ablations_share_runs():
    """By hand: 11 + 3 + 3 + 4 + 6 + 3 + 4 + 4 rows, of which the released block is in each of the eight."""
    hashes = [
        run.config_hash
        for study in page_called("ablations").experiments
        for run in experiment_runs(study.name, ["seed=1"])
    ]
    assert (len(hashes), len(set(hashes))) == (38, 38 - 7)
