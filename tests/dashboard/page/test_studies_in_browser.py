"""The studies in headless Chromium."""

import pytest

from tests.dashboard.page.conftest import wait_until
from tests.results.made_records import leave_run, made_record
from tests.results.made_studies import leave_study

pytestmark = pytest.mark.browser
ROWS = ".study-table tbody tr:not(.section)"


@pytest.fixture
def runs(tmp_path):
    leave_study(tmp_path / "runs")
    return tmp_path / "runs"


def row_of(page, attention):
    return page.locator(ROWS).filter(has=page.get_by_role("rowheader", name=attention, exact=True))


def test_found_is_reported_in_a_sentence_and_a_row(runs, open_page):
    """lga's 90.8, 91.9, 93.1: mean 91.933, s = 1.1504, half-width 4.3027 * s / sqrt(3) = 2.858."""
    page = open_page("studies", studies=True)
    (sentence,) = page.locator(".study-findings li").all_inner_texts()
    assert sentence.startswith("Handwritten digits with MobileNetV3, top-1 accuracy: ")
    assert row_of(page, "lga").locator("td").all_inner_texts()[:4] == [
        "3",
        "91.93",
        "88.57 to 94.37",
        "+0.93",
    ]
    assert "Not run: cbam." in page.locator("#studies").inner_text()
    assert "Nothing here stands for the paper's data" in page.locator("#studies").inner_text()


def test_words_have_signs_and_borders_of_their_own(runs, open_page):
    """Without colour a word is recognised by itself, its sign and its border."""
    words = open_page("studies", studies=True).locator(f"{ROWS} .verdict:not(.not-run)")
    by_text = dict(zip(words.all_inner_texts(), words.all(), strict=True))
    signs = {word.locator("path").get_attribute("d") for word in by_text.values()}
    borders = {word.evaluate("node => getComputedStyle(node).borderTopStyle") for word in by_text.values()}
    assert len(signs) == len(borders) == len(by_text)


def test_a_number_leads_to_its_runs_by_keyboard(runs, open_page):
    page = open_page("studies", studies=True)
    gain = row_of(page, "se").get_by_role("button").nth(1)
    assert gain.inner_text() == "+0.07"
    gain.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="digits, mobilenetv3, se, seed 2")
    assert "se: gain over none in top-1 accuracy +0.07: undecided." in dialog.inner_text()
    behind = dialog.locator(".seeds button").all_inner_texts()
    assert behind == ["se, seed 2", "se, seed 3", "none, seed 2", "none, seed 3"]
    dialog.get_by_role("button", name="none, seed 3").focus()
    page.keyboard.press("Enter")
    opened = page.get_by_role("dialog", name="digits, mobilenetv3, none, seed 3")
    assert opened.get_by_role("link", name="result.json").is_visible()
    page.keyboard.press("Escape")
    assert gain.evaluate("node => node === document.activeElement")


def test_gains_are_ranked_on_a_chart(runs, open_page):
    plot = open_page("studies", studies=True).locator("#studies .study-plots svg[role=img]")
    label = plot.get_attribute("aria-label")
    assert label.startswith(
        "Gain over none in top-1 accuracy, Handwritten digits with MobileNetV3, best first: "
    )
    assert label.index("lga: +0.93 [") < label.index("se: +0.07 [")


def test_rows_have_their_curves_in_a_fold_where_records_have_some(runs, open_page):
    page = open_page("studies", studies=True)
    page.get_by_text("Curves by epoch").click()
    chart = page.locator("#studies .claims-box svg[role=img]")
    assert chart.get_attribute("aria-label").startswith(
        "top-1 accuracy (%) on the validation split by epoch, for none, lga, se, eca."
    )
    page.get_by_label("lga", exact=True).uncheck()
    wait_until(page, "!document.querySelector('#studies .claims-box svg').ariaLabel.includes('lga')")
    for folder in runs.glob("*/*/*/*"):
        (folder / "metrics.csv").unlink()
    page = open_page("studies", studies=True)
    assert page.get_by_text("Curves by epoch").is_hidden()
    assert page.get_by_text("Not recorded").count() == 0


def test_the_filters_apply(runs, open_page):
    leave_run(runs, made_record("mnist", attention="lga"))
    page = open_page("studies", studies=True)
    page.get_by_label("lga", exact=True).uncheck()
    assert page.locator(ROWS).count() == 3
    page.get_by_label("Dataset", exact=True).select_option("mnist")
    assert page.get_by_text("No row of a study passes the filters.").is_visible()
    page.get_by_role("button", name="Reset filters").click()
    wait_until(page, f"document.querySelectorAll('{ROWS}').length === 4")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_axe_finds_nothing_serious_and_a_phone_scrolls_tables_alone(runs, open_page, axe, scheme, width):
    page = open_page("studies", studies=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    row_of(page, "lga").get_by_role("button").first.click()
    assert page.get_by_role("dialog").bounding_box()["width"] <= width
    assert axe(page) == []
