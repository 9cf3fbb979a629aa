"""The studies in headless Chromium."""

import pytest

from tests.dashboard.page.conftest import wait_until
from tests.results.made_records import leave_run, made_config, made_record
from tests.results.made_studies import leave_study

pytestmark = pytest.mark.browser
ROWS = ".study-table tbody tr:not(.section)"


@pytest.fixture
def runs(tmp_path):
    leave_study(tmp_path / "runs")
    return tmp_path / "runs"


def row_of(page, attention):
    return page.locator(ROWS).filter(has=page.get_by_role("rowheader", name=attention, exact=True))


def test_found_is_told_in_a_sentence_and_a_row(runs, open_page):
    """lga's 90.8, 91.9, 93.1: mean 91.933, s = 1.1504, half-width 4.3027 * s / sqrt(3) = 2.858."""
    page = open_page(studies=True)
    assert page.locator(".study-findings li").all_inner_texts() == [
        "Handwritten digits with MobileNetV3, top-1 accuracy: lga (gain of +0.93 [+0.55, +1.31], p 0.018); "
        "a change of 1 point in the others would take 3 seeds."
    ]
    assert row_of(page, "lga").locator("td").all_inner_texts() == [
        *("3", "91.93", "89.08 to 94.79", "+0.93", "+0.55 to +1.31", "0.018", "+6.1", "gain", "1,237,567"),
    ]
    assert row_of(page, "cbam").locator("td").all_inner_texts()[:3] == ["–", "not run", "–"]
    assert "Nothing here stands for the paper's data" in page.locator("#studies").inner_text()


def test_words_have_signs_and_borders_of_their_own(runs, open_page):
    """Without colour a word is told by itself, its sign and its border."""
    words = open_page(studies=True).locator(f"{ROWS} .verdict:not(.not-run)")
    assert words.all_inner_texts() == ["gain", "undecided", "undecided"]
    assert len({word.locator("path").get_attribute("d") for word in words.all()}) == 3
    assert len({word.evaluate("node => getComputedStyle(node).borderTopStyle") for word in words.all()}) == 3


def test_a_number_leads_to_its_runs_by_keyboard(runs, open_page):
    page = open_page(studies=True)
    gain = row_of(page, "se").get_by_role("button").nth(1)
    assert gain.inner_text() == "+0.10"
    gain.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="digits, mobilenetv3, se, seed 2")
    assert "se: gain over none in top-1 accuracy +0.10: undecided." in dialog.inner_text()
    behind = dialog.locator(".seeds button").all_inner_texts()
    assert behind == ["se, seed 2", "se, seed 3", "none, seed 2", "none, seed 3"]
    dialog.get_by_role("button", name="none, seed 3").focus()
    page.keyboard.press("Enter")
    opened = page.get_by_role("dialog", name="digits, mobilenetv3, none, seed 3")
    assert opened.get_by_role("link", name="result.json").is_visible()
    page.keyboard.press("Escape")
    assert gain.evaluate("node => node === document.activeElement")


def test_seeds_are_dots_beside_the_reference(runs, open_page):
    plot = open_page(studies=True).locator("#studies .study-plots svg[role=img]")
    assert (plot.count(), plot.locator(".mark.mean").count()) == (1, 4)
    assert plot.locator(".mark.seed").count() == 3 + 3 + 2 + 1
    assert plot.locator(".baseline").count() == 1


def test_the_filters_apply(runs, open_page):
    leave_run(runs, made_record("mnist", attention="lga"))
    page = open_page(studies=True)
    page.get_by_label("lga", exact=True).uncheck()
    assert page.locator(ROWS).count() == 4
    assert page.locator("#studies .study-plots .mark.mean").count() == 3
    page.get_by_label("Dataset", exact=True).select_option("mnist")
    assert page.get_by_text("No row of a study passes the filters.").is_visible()
    page.get_by_role("button", name="Reset filters").click()
    wait_until(page, f"document.querySelectorAll('{ROWS}').length === 5")


def test_without_studies_there_is_no_section_and_no_link(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record("mnist"))
    page = open_page(studies=True)
    assert page.locator("#studies").is_hidden()
    assert page.locator("#contents a[href='#studies']").is_hidden()


def test_settings_are_never_read_as_html(tmp_path, open_page):
    for attention in ("none", "lga"):
        config = made_config("digits", attention=attention, seed=1)
        config["trainer"]["precision"] = "<b>16</b>"
        leave_run(tmp_path / "runs", made_record("digits", attention=attention, seed=1, config=config))
    page = open_page(studies=True)
    assert "with precision <b>16</b>" in page.locator("#studies .section").inner_text()
    assert page.locator("#studies b").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing_serious_and_a_phone_scrolls_tables_alone(runs, open_page, axe, scheme, width):
    page = open_page(studies=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    row_of(page, "lga").get_by_role("button").first.click()
    assert page.get_by_role("dialog").bounding_box()["width"] <= width
    assert axe(page) == []
