"""The finding on splits: what was trained on, what chose the epoch, and what was reported."""

from lga.data.published.gwhd_codalab import GWHDCodalabReader
from lga.tables.findings.finding import Finding


def leaking_splits() -> Finding:
    """13: the parts of the wheat split that the paper's toolchain has; MNIST's."""
    plan = GWHDCodalabReader.plans["paper"]
    reported = GWHDCodalabReader.published[plan.test].images or 0
    overlap = plan.test in plan.train
    return Finding(
        13,
        "The wheat rows are validated on training images",
        "95.5 to 96.3 mAP50 on Global Wheat",
        f"the toolchain's stock split trains on {len(plan.train)} domains and validates on one of them, "
        f"{plan.test}: "
        f"all {reported} images reported are trained on. MNIST and Fashion-MNIST "
        "have no validation part there: the epoch is chosen on the 10,000 test images that are reported",
        "those numbers are not of unseen images; `dataset.splits=official` (wheat) and "
        "`dataset.selection=validation` "
        "are this project's honest splits",
        holds=overlap and reported > 0,
    )
