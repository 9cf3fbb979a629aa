"""A headless Chromium, and pages in it that remember what went wrong."""

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lga.dashboard.page import write_page
from lga.results.collect import collect
from tests.results.made_studies import keep_made
from tests.results.paper_records import judge_made

GENERATED = datetime(2026, 11, 22, 16, 40, tzinfo=UTC)
PAGE_ROWS = 50  # of a table
SETTLED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
UNFOLD = "document.querySelectorAll('details').forEach(node => node.open = true)"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def wait_until(page, expression):
    """Polls from here: the page's policy forbids Playwright's own polling, which evaluates text there."""
    for _ in range(1200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true within 60 s: {expression}")


@dataclass
class OpenedPage:
    """A page, its errors, and what it asked for besides itself."""

    page: object
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a skip that says what is missing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((found for name in names if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is on the PATH")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser, tmp_path, monkeypatch):
    """Writes the page of `tmp_path / "runs"` and opens a tab of it; nothing may have gone wrong at the end.

    With `paper=True` it has the paper's tables, judged on these runs; with `studies=True` the runs are kept
    ones of a study. The script `watch` runs before the page's own.
    """
    opened = []

    def open_it(tab="yours", paper=False, audit=None, studies=False, unfold=True, watch="", **options):
        path = tmp_path / "dashboard.html"
        collection = collect(tmp_path / "runs")
        tables = judge_made(collection, monkeypatch) if paper else ()
        kept = keep_made(collection.runs, tmp_path / "experiments", monkeypatch) if studies else None
        own = replace(collection, runs=()) if studies else collection
        write_page(own, path, GENERATED, tables, audit, kept=kept)
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        seen = OpenedPage(page)
        opened.append(seen)
        page.on(
            "console", lambda message: seen.errors.append(message.text) if message.type != "log" else None
        )
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialog: (seen.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.set_default_timeout(8000)
        page.add_init_script(watch)
        page.goto(f"{path.as_uri()}#tab={tab}")
        if unfold:
            page.evaluate(UNFOLD)
            page.evaluate(SETTLED)
        return page

    yield open_it
    for seen in opened:
        seen.page.close()
        assert seen.errors == []
        assert {url.rsplit("/", 1)[1] for url in seen.requests} == {"dashboard.html"}


@pytest.fixture(scope="session")
def axe():
    """Runs axe-core on a page; gives what it finds of serious or critical impact."""
    package = pytest.importorskip(
        "axe_playwright_python", reason="the accessibility checker is not installed"
    )
    source = (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def check(page):
        page.evaluate(source)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        return [
            (violation["id"], node["target"], node["failureSummary"])
            for violation in found
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    return check
