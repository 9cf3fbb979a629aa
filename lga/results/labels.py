"""How metrics are called in tables and plots."""

_LABELS = {
    "top1": "top-1 accuracy",
    "top5": "top-5 accuracy",
    "map50": "mAP50",
    "map50_95": "mAP50-95",
}
_NOT_IN_PERCENT = ("loss",)


def label(metric: str) -> str:
    """The metric's usual name, its protocol in front where the task has several."""
    *protocol, name = metric.split("/")
    return " ".join([*protocol, _LABELS.get(name, name)])


def unit(metric: str) -> str:
    """`%`, or nothing for a metric without unit."""
    return "" if metric.rsplit("/", 1)[-1] in _NOT_IN_PERCENT else "%"
