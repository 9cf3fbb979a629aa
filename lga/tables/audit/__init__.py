"""The audit: every published row's network is built, and its counts are held against the printed ones."""

from lga.tables.audit.report import markdown, summary, write_report
from lga.tables.audit.rows import AuditedRow, audit

__all__ = ["AuditedRow", "audit", "markdown", "summary", "write_report"]
