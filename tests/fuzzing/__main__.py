"""`make fuzz`: 20,000 mutations of annotations, 1,000 of images, 2,000 of records and 200 of overrides."""

import argparse
import random
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

from tests.fuzzing.mutations import Failure, fuzz, keep
from tests.fuzzing.targets import annotation_targets, image_targets
from tests.results.hostile import try_override, try_record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=int, default=20_000)
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--overrides", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for what fails")
    asked = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for targets, count in (
            (annotation_targets(Path(folder)), asked.annotations),
            (image_targets(Path(folder)), asked.images),
        ):
            for target in targets:
                done, failures = fuzz(target, -(-count // len(targets)), asked.seed)
                failed += failures
                print(f"{target.name}: {done:,} mutations, {len(failures)} failures", flush=True)
        for name, run, count in (
            ("records", partial(try_record, folder=Path(folder) / "runs"), asked.records),
            ("overrides", try_override, asked.overrides),
        ):
            failures = [
                failure for number in range(count) if (failure := _tried(name, run, asked.seed, number))
            ]
            failed += failures
            print(f"{name}: {count:,} drawn, {len(failures)} failures", flush=True)
    for failure in failed[:20]:
        print(f"{failure.target}: {failure.why}\n  {failure.content[:200]!r}")
    if asked.keep and failed:
        keep(asked.keep, failed)
    return 1 if failed else 0


def _tried(name, run, seed, number):
    """Return what a drawn input raised; the draw that made it stands for its content."""
    draw = f"{seed} {number}"
    try:
        run(random.Random(draw))
    except Exception:
        return Failure(name, traceback.format_exc()[-1500:], draw.encode())
    return None


if __name__ == "__main__":
    sys.exit(main())
