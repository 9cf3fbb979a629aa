"""The sentences of claims, and which rows claim what."""

from lga.results.claims import claims
from lga.results.gains import Gain
from lga.results.published import load_published
from lga.results.statistics import Estimate

OURS = Gain(Estimate(3, 0.93, 0.55, 1.31), 0.0088, (0.17, 1.69))


def rows(dataset, model):
    return [row for row in load_published() if (row.dataset, row.model) == (dataset, model)]


def test_a_claim_of_the_paper():
    """10.8 - 9.88 = 0.92."""
    made = claims(rows("tinyperson", "mobilenetv3"), {"lga": OURS}, "full", 0.8)
    (lga,) = [claim for claim in made if claim.row.attention == "lga"]
    assert lga.sentence == (
        "LGA gains 0.92 mAP50 over no attention on TinyPerson with MobileNetV3 (two runs without differ by "
        "up to 0.80): ours +0.93 [+0.55, +1.31]: gain; the published gain is consistent with one run of "
        "each, +0.17 to +1.69."
    )


def test_a_claim_within_rounding_says_so_whatever_its_sign():
    """Printed 99.3 and 99.4, 92.8 and 92.7: 0.10 each, as much as rounding can make."""
    message = {
        (claim.row.dataset, claim.row.attention): claim.sentence
        for dataset in ("mnist", "fashion_mnist")
        for claim in claims(rows(dataset, "mobilenetv3"), {}, "full")
    }
    assert message["mnist", "lga"].startswith("LGA gains 0.10 top-1 accuracy, which rounding can make, over")
    assert message["fashion_mnist", "se"].startswith(
        "SE loses 0.10 top-1 accuracy, which rounding can make, over"
    )


def test_what_did_not_run_is_said():
    (lga,) = claims(rows("gwhd", "resnet18"), {}, "full")
    assert lga.sentence == (
        "LGA leaves mAP50 as it is without attention on Global Wheat with ResNet18: not run."
    )


def test_one_seed():
    (lga,) = claims(rows("dota", "yolov8n"), {"lga": Gain(Estimate(1, 1.0))}, "full")
    assert lga.sentence.endswith("ours +1.00: undecided; nothing is known of the spread.")


def test_every_row_with_an_attention_claims_something():
    published = load_published()
    families = {(row.dataset, row.model) for row in published}
    made = [claim for family in families for claim in claims(rows(*family), {}, "full")]
    assert len(made) == sum(row.attention != "none" for row in published)
