"""The dashboard: one self-contained HTML page that compares runs, without network or account."""

from lga.dashboard.page.render import render, write_page

__all__ = ["render", "write_page"]
