"""All findings, measured, in the order of their numbers."""

from collections.abc import Sequence

from lga.results.audited import Finding
from scripts.auditing import of_networks, of_published_rows, of_released_block
from scripts.auditing.rows import AuditedRow


def measure_findings(audited: Sequence[AuditedRow]) -> tuple[Finding, ...]:
    """Measure every finding; ``audited`` are all published rows. Seconds."""
    audited = tuple(audited)
    published = tuple(row.published for row in audited)
    found = (
        of_released_block.dead_queries_and_keys(),
        of_released_block.a_third_of_the_channels(),
        of_released_block.exact_collapse(),
        of_released_block.position_tensor(),
        of_networks.squeeze_in_every_row(),
        of_networks.not_cbam(),
        of_networks.one_block_per_stage(),
        of_networks.unscaled_hidden_widths(),
        of_networks.flops_of_another_image(published),
        of_networks.two_numbers_of_heads(),
        of_published_rows.trainable_counts(audited),
        of_published_rows.other_networks(audited),
        of_published_rows.ablation_labels(audited),
        of_published_rows.no_seeds(published),
        of_published_rows.optimizers(published),
        of_published_rows.leaking_splits(),
    )
    return tuple(sorted(found, key=lambda finding: finding.number))
