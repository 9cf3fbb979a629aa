"""Times collecting 10,000 run records, digests verified, and writing their page.

The records are made first, in a folder that is removed at the end: a hundred comparisons of ten attentions
and ten seeds, of 100 epochs each.

    python scripts/benchmarks/collection.py [seeds]
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.dashboard.page import write_page
from lga.results.collect import collect
from lga.run.folder.record import DIGEST, RunRecord
from lga.system.digests import digest
from tests.results.made_records import made_record

CELLS = list(product(*([f"{kind}_{index}" for index in range(10)] for kind in ("set", "network", "block"))))
EPOCHS = 100


def leave_seeds(root: Path, record: RunRecord, seeds: int) -> None:
    """Return the folders of so many seeds of a run, each with its own metrics and history."""
    cell, chance, content = record.cell, Random(record.config_hash), record.model_dump(mode="json")
    for seed in range(seeds):
        top1 = chance.gauss(90, 0.5)
        folder = root / cell.dataset / cell.backbone / cell.attention / f"seed{seed}"
        folder.mkdir(parents=True)
        content["cell"]["seed"] = content["config"]["seed"] = seed
        content["metrics"] = {"top1": top1, "top5": top1 + 3, "loss": top1 / 100}
        (folder / "result.json").write_text(json.dumps({**content, DIGEST: digest(content)}))
        rows = [f"{epoch},{top1 - 60 * 0.8**epoch},{2 / epoch}" for epoch in range(1, EPOCHS + 1)]
        (folder / "metrics.csv").write_text("\n".join(["epoch,val/top1,val/loss", *rows]))


def main() -> None:
    """Make the records and print two times and a size."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        root, page = Path(folder) / "runs", Path(folder) / "page.html"
        for dataset, backbone, attention in CELLS:
            leave_seeds(root, made_record(dataset, backbone, attention, scale="full", epochs=EPOCHS), seeds)
        started = time.perf_counter()
        collection = collect(root)
        collected = time.perf_counter()
        write_page(collection, page, datetime.now(UTC))
        written = time.perf_counter()
        if collection.problems:
            sys.exit(f"not all records were read: {collection.problems[0]}")
        print(f"{len(collection.runs):,} records in {len(CELLS):,} groups")
        print(f"  collected in    {collected - started:5.1f} s (asked: 10 s)")
        print(f"  page written in {written - collected:5.1f} s (asked: 20 s)")
        print(f"  page            {page.stat().st_size / 1e6:5.1f} MB")


if __name__ == "__main__":
    main()
