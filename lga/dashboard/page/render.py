"""Puts data, style and scripts into one HTML file that loads nothing and may load nothing.

Data goes in as JSON that cannot end its element, and the page builds its text from it node by node, so no
name or error message is ever read as HTML. The policy in the page's head allows the two inlined texts alone.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2
from markupsafe import Markup

from lga.dashboard.page.judged import Kept
from lga.dashboard.page.payload import Latencies, payload
from lga.dashboard.page.studied import Studies
from lga.results.audited import Audit
from lga.results.collect import Collection
from lga.results.families import Results
from lga.system.files import writable, write_text

STYLES = ("page.css", "paper.css", "instruments.css", "studies.css")
# In the order in which they are joined to one module; the last one starts the page.
SCRIPTS = (
    "vendor/plot.min.js", "elements.js", "numbers.js", "marks.js", "export.js", "charts.js",
    "curves.js", "answer.js", "instruments.js", "confusion.js", "samples.js", "sortable.js", "by_class.js",
    "verdicts.js", "paper_tables.js", "forest.js", "studies.js", "figure_one.js", "cost_points.js", "cost.js",
    "audit.js", "summary.js", "runs.js", "run_dialog.js", "filters.js", "tabs.js", "main.js",
)  # fmt: skip


def write_page(
    collection: Collection,
    path: Path,
    generated: datetime,
    tables: Sequence[Results] = (),
    audit: Audit | None = None,
    latencies: Latencies | None = None,
    studies: Studies = MappingProxyType({}),
    kept: Kept | None = None,
) -> None:
    """Write the page of what `payload` takes to `path`, atomically; its folder is made."""
    with writable(path.parent, "--out"):
        path.parent.mkdir(parents=True, exist_ok=True)
        judged = tables, audit, latencies, studies, kept
        write_text(path, render(payload(collection, path.parent, generated, *judged)))


def render(data: dict[str, Any]) -> str:
    """Return the page as HTML text."""
    style = "\n".join(_asset(name) for name in STYLES)
    script = "\n".join(_asset(name) for name in SCRIPTS)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_asset("template.html.j2")).render(
        style=Markup(style),
        script=Markup(script),
        style_hash=content_hash(style),
        script_hash=content_hash(script),
        paper=data["paper"] is not None,
        data=Markup(as_inline_json(data)),
    )


def as_inline_json(data: object) -> str:
    """JSON for a script element: `<`, `>` and `&` are escaped, so that nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def content_hash(text: str) -> str:
    """Return the hash by which a content security policy allows an inlined text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (resources.files("lga.dashboard.page") / "assets" / name).read_text(encoding="utf-8")
