"""Each published row beside the network it names: equal, explained, or unexplained."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lga.audit.explanations import EXPLANATIONS, Explanation
from lga.audit.networks import Network, count
from lga.results.published import PublishedRow
from lga.run.machine.complexity import Complexity

Status = Literal["equal", "explained", "unexplained"]


@dataclass(frozen=True)
class Explained:
    """An explanation that holds for a row: the network it names, built and counted."""

    explanation: Explanation
    network: Network
    counts: Complexity

    @property
    def parameters(self) -> int:
        """The parameters that the row counts."""
        return self.explanation.parameters(self.counts)


@dataclass(frozen=True)
class AuditedRow:
    """A published row, the network it names with its counts, and why they differ where they do."""

    published: PublishedRow
    network: Network
    counts: Complexity
    explained: Explained | None

    @property
    def equal(self) -> bool:
        """Whether the named network has the printed parameters to the digit and GFLOPs to the decimal."""
        return _agree(self.published, self.counts.parameters, self.counts)

    @property
    def status(self) -> Status:
        """One word on the row."""
        if self.equal:
            return "equal"
        return "unexplained" if self.explained is None else "explained"


def audit(rows: Iterable[PublishedRow]) -> tuple[AuditedRow, ...]:
    """Build and count the network of every row, and look for an explanation where the counts differ."""
    return tuple(_audit_row(row) for row in rows)


def _audit_row(row: PublishedRow) -> AuditedRow:
    network = Network.of(row)
    counts = count(network)
    agrees = _agree(row, counts.parameters, counts)
    return AuditedRow(row, network, counts, None if agrees else _explain(row, network))


def _explain(row: PublishedRow, network: Network) -> Explained | None:
    """The first explanation whose network, built, has the printed numbers."""
    for explanation in EXPLANATIONS:
        if explanation.applies(network):
            explaining = explanation.explaining(network)
            explained = Explained(explanation, explaining, count(explaining))
            if _agree(row, explained.parameters, explained.counts):
                return explained
    return None


def _agree(row: PublishedRow, parameters: int, counts: Complexity) -> bool:
    return parameters == row.parameters and f"{counts.gflops_paper:.1f}" == f"{row.gflops:.1f}"
