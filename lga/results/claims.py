"""The paper's claims, one for each row that has an attention, and a sentence that says how each stands.

A claim is the difference between a row and the row of the same dataset and model without attention.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lga.results.comparison import BASELINE
from lga.results.published import METRICS, PublishedRow
from lga.results.statistics import Estimate
from lga.results.verdicts import Verdict, Word, judge_gains

Seeds = Mapping[int, float]
LABELS = {
    "map50": "mAP50", "map50_95": "mAP50-95", "top1": "top-1", "top5": "top-5",
    "none": "no attention", "none_widened": "no attention, widened", "se": "SE", "cbam": "CBAM", "lga": "LGA",
    "mhsa": "MHSA", "eca": "ECA", "shuffle": "shuffle attention",
    "lga_local": "LGA's local half", "lga_global": "LGA's global half",
    "mobilenetv3": "MobileNetV3", "resnet18": "ResNet18", "yolov8n": "YOLOv8n",
    "resnet18_full": "ResNet18 with two blocks a stage", "timm_efficientnet_b0": "EfficientNet-B0",
    "timm_convnext_atto": "ConvNeXt Atto", "timm_vit_tiny_patch16_224": "ViT-Ti/16",
    "visdrone": "VisDrone", "voc2012": "VOC2012", "voc2007": "VOC2007", "coco_minitrain": "COCO minitrain",
    "coco2017": "COCO2017", "dota": "DOTA", "gwhd": "Global Wheat", "tinyperson": "TinyPerson",
    "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST",
    "digits": "Handwritten digits", "digit_scenes": "Scenes of digits",
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """One published gain over no attention, and how it stands.

    Attributes:
        row: with the attention.
        metric: such as ``map50``.
        published: the gain, points.
        verdict: on our gain.
    """

    row: PublishedRow
    metric: str
    published: float
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The claim, ours, and the verdict."""
        row, verdict = self.row, self.verdict
        claimed = (
            f"{LABELS[row.attention]} {_change(self.published, LABELS[self.metric])} "
            f"on {LABELS[row.dataset]} with {LABELS[row.model]}"
        )
        if verdict.word is Word.NOT_RUN:
            return f"{claimed}: not run."
        ours = f"ours {_interval(verdict.ours)}" if verdict.ours else "ours unknown"
        seeds = "seed" if verdict.more_seeds == 1 else "seeds"
        more = f"; about {verdict.more_seeds} more {seeds} would settle it" if verdict.more_seeds else ""
        return f"{claimed}: {ours}: {verdict.word} ({verdict.reason}{more})."


def claims(
    rows: Iterable[PublishedRow], metric_number: int, values: Callable[[PublishedRow], Seeds], scale: str
) -> list[Claim]:
    """Return the claims of the rows, in their order; each dataset and model is one family of tests.

    Args:
        rows: published; a row without its baseline among them claims nothing.
        metric_number: 0 for the first metric of each task (mAP50, top-1), 1 for the second.
        values: ours of a row by seed, percent.
        scale: of our runs.
    """
    families: defaultdict[tuple[str, str], dict[str, PublishedRow]] = defaultdict(dict)
    for row in rows:
        families[row.dataset, row.model][row.attention] = row
    made = []
    for family in families.values():
        if BASELINE not in family:
            continue
        metric = METRICS[family[BASELINE].task][metric_number]
        published = {name: _number(row, metric) for name, row in family.items()}
        ours = {name: values(row) for name, row in family.items()}
        verdicts = judge_gains(published, ours, BASELINE, metric, scale)
        made += [
            Claim(family[name], metric, published[name] - published[BASELINE], verdict)
            for name, verdict in verdicts.items()
        ]
    return made


def _number(row: PublishedRow, metric: str) -> float:
    return float(getattr(row, metric))


def _change(gain: float, metric: str) -> str:
    if abs(gain) < 0.005:
        return f"leaves {metric} as it is without attention"
    return f"{'gains' if gain > 0 else 'loses'} {abs(gain):.2f} {metric} over no attention"


def _interval(ours: Estimate) -> str:
    mean = f"{ours.mean:+.2f}"
    if ours.low is None or ours.high is None:
        return f"{mean} (one seed)"
    return f"{mean} [{ours.low:+.2f}, {ours.high:+.2f}] over {ours.n} seeds"
