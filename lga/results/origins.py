"""Which of several runs counts, by their machines and code, and how a mixture of these is described."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from lga.results.collect import CollectedRun

Key = TypeVar("Key")


def one_each(candidates: Iterable[tuple[Key, CollectedRun]]) -> dict[Key, CollectedRun]:
    """One run of each key, as few machines and revisions together as can be.

    Of a key's runs that counts whose origin most of the keys have a run of; of as many, that of the origin
    which the last run to end is of; of one origin, the last to end: a repetition is no further sample.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate[1].record.ended)
    keys = Counter(origin for origin, _ in {(run.origin, key) for key, run in ordered})
    last = {run.origin: place for place, (_, run) in enumerate(ordered)}
    return dict(sorted(ordered, key=lambda candidate: (keys[candidate[1].origin], last[candidate[1].origin])))


def mixture(runs: Mapping[str, Iterable[CollectedRun]]) -> str:
    """Return a note on runs, by name, of several machines or revisions; nothing where all are of one."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name, members in runs.items():
        for run in members:
            found[run.origin][name] = None
    text = ", and ".join(f"{origin} ({'; '.join(names)})" for origin, names in found.items())
    return f"Runs of different machines or code are compared: {text}" if len(found) > 1 else ""
