"""The sentences of claims, and which rows claim what."""

from lga.results.claims import claims
from lga.results.published import load_published

SEEDS = {0: 9.0, 1: 9.2, 2: 9.4}
GAINS = {0: 0.8, 1: 0.9, 2: 1.1}


def rows(dataset, model):
    return [row for row in load_published() if (row.dataset, row.model) == (dataset, model)]


def of_rows(published, ours=lambda row: {}):
    return {row: ours(row) for row in published}


def values(row):
    if row.attention == "none":
        return SEEDS
    return {seed: SEEDS[seed] + gain for seed, gain in GAINS.items()} if row.attention == "lga" else {}


def test_a_claim_of_the_paper():
    """10.8 - 9.88 = 0.92. Ours: 0.9333 +- 4.3027 * 0.1528 / sqrt(3) = 0.9333 +- 0.3795; p = 0.0088, alone."""
    made = claims(of_rows(rows("tinyperson", "mobilenetv3"), values), "full")
    (lga,) = [claim for claim in made if claim.row.attention == "lga"]
    assert lga.sentence == (
        "LGA gains 0.92 mAP50 over no attention on TinyPerson with MobileNetV3: "
        "ours +0.93 [+0.55, +1.31] over 3 seeds: reproduced (a change of that sign was found, of that size)."
    )


def test_what_did_not_run_is_said():
    (lga,) = claims(of_rows(rows("gwhd", "resnet18")), "full")
    assert lga.sentence == (
        "LGA leaves mAP50 as it is without attention on Global Wheat with ResNet18: not run."
    )


def test_one_seed():
    (lga,) = claims(
        of_rows(rows("dota", "yolov8n"), lambda row: {0: 30.0 + (row.attention == "lga")}), "full", 1
    )
    unknown = "inconclusive (one seed of both: nothing is known of the spread)."
    assert f"ours +1.00 (one seed): {unknown}" in lga.sentence
    assert "mAP50-95" in lga.sentence


def test_every_row_with_an_attention_claims_something():
    published = load_published()
    families = {(row.dataset, row.model) for row in published}
    made = [claim for family in families for claim in claims(of_rows(rows(*family)), "full")]
    assert len(made) == sum(row.attention != "none" for row in published)
