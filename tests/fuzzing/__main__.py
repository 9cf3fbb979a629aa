"""`make fuzz`: 20,000 mutations of annotations and 1,000 of images, or as many as the arguments say."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzzing.mutations import fuzz, keep
from tests.fuzzing.targets import annotation_targets, image_targets


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=int, default=20_000)
    parser.add_argument("--images", type=int, default=1_000)
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
    for failure in failed[:20]:
        print(f"{failure.target}: {failure.why}\n  {failure.content[:200]!r}")
    if asked.keep and failed:
        keep(asked.keep, failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
