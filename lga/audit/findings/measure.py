"""All findings, measured, in the order of their numbers."""

from collections.abc import Sequence

from lga.audit.findings import networks, released_block, rows
from lga.audit.rows import AuditedRow
from lga.results.audited import Finding


def measure_findings(audited: Sequence[AuditedRow]) -> tuple[Finding, ...]:
    """Measure every finding; ``audited`` are all published rows. Seconds."""
    audited = tuple(audited)
    published = tuple(row.published for row in audited)
    found = (
        released_block.dead_queries_and_keys(),
        released_block.a_third_of_the_channels(),
        released_block.exact_collapse(),
        released_block.position_tensor(),
        networks.squeeze_in_every_row(),
        networks.not_cbam(),
        networks.one_block_per_stage(),
        networks.unscaled_hidden_widths(),
        networks.flops_of_another_image(published),
        networks.two_numbers_of_heads(),
        rows.trainable_counts(audited),
        rows.other_networks(audited),
        rows.ablation_labels(audited),
        rows.no_seeds(published),
        rows.optimizers(published),
        rows.leaking_splits(),
    )
    return tuple(sorted(found, key=lambda finding: finding.number))
