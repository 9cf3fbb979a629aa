"""Where W&B keeps what our runs log: the names that views and filters are made of.

The whole resolved config goes along with a run. W&B keeps `{"dataset": {"name": "voc2007"}}` under
`dataset.value.name`. Filters need that path in full; groupings and axes are given `dataset.name`.
"""

ATTENTION = "attention.name"
DATASET = "dataset.name"
NETWORK = "backbone.name"
SCALE = "trainer.scale"
START = "start"

EPOCH = "epoch"  # Lightning's, from 0
PARAMETERS = "parameters"
PAPER_GFLOPS = "gflops_paper"
GFLOPS = "gflops"

# As in `lga.run.callbacks.detection_report`, which takes seconds to import.
SHOWN_PICTURES = 8


def stored(setting: str) -> str:
    """The path under which W&B keeps a setting of the config."""
    group, *names = setting.split(".")
    return ".".join((group, "value", *names))


def picture_keys() -> list[str]:
    """The keys of a detector's pictures: the same images of the test split in every run."""
    return [f"pictures/{number}" for number in range(SHOWN_PICTURES)]
