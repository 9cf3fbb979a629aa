"""The audit: every published row's network is built, and its counts are held against the printed ones."""

from lga.audit.report import markdown, summary, write_report
from lga.audit.rows import AuditedRow, audit

__all__ = ["AuditedRow", "audit", "markdown", "summary", "write_report"]
