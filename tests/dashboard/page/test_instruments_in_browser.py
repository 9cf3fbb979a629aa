"""The inside of the block in headless Chromium: exact zeros in words, a chooser, numbers by each picture."""

import pytest

from tests.dashboard.page.conftest import wait_until
from tests.dashboard.page.made_instruments import leave_instruments, watched
from tests.results.made_records import leave_run, made_record

pytestmark = pytest.mark.browser
GLANCE = "#inside-glance tbody tr"


@pytest.fixture
def runs(tmp_path):
    """One run of each contraction, and one without instruments."""
    leave_instruments(leave_run(tmp_path / "runs", watched(made_record(attention="lga"))))
    folder = leave_run(tmp_path / "runs", watched(made_record(attention="lga_as_written")))
    leave_instruments(folder, dead_queries=False, contraction="as_written")
    leave_run(tmp_path / "runs", made_record())


def texts(page, selector):
    return [row.locator("th, td").all_inner_texts() for row in page.locator(selector).all()]


def test_zeros_are_exact_for_one_block_and_not_for_the_other(runs, open_page):
    """Of four branches alike, norms together are twice those of one: 2 * 0.9 and 2 * 0.0125."""
    page = open_page()
    assert texts(page, GLANCE) == [
        [
            "digits, mobilenetv3, lga, seed 0",
            "0 (exactly)",
            "0 (exactly)",
            "1.80",
            "69.6\u00a0%",
            "dead parameters",
        ],
        ["digits, mobilenetv3, lga_as_written, seed 0", "0.0250", "0.0250", "1.80", "69.6\u00a0%", "none"],
    ]
    rows = texts(page, ".gradients tbody tr")
    assert [row[0] for row in rows] == ["local 3x3", "local 5x5", "local 7x7", "global 11x11"]
    assert rows[0][1] == "0 (exactly)\nin every epoch"
    assert rows[0][3] == "0.900\n0.300 to 0.900"
    alarm = page.locator("#inside .alarms li")
    assert alarm.inner_text() == (
        "Alarm: dead parameters. Epochs 1 to 3: the queries and keys got a gradient of exactly 0. "
        "They have no effect."
    )


def test_a_run_is_chosen_by_list_and_by_keyboard(runs, open_page):
    page = open_page()
    page.get_by_label("Watched run", exact=True).select_option(
        label="digits, mobilenetv3, lga_as_written, seed 0"
    )
    assert (
        page.locator("#inside-block h3")
        .inner_text()
        .startswith("digits, mobilenetv3, lga_as_written, seed 0")
    )
    assert page.locator("#inside .alarms").count() == 0
    assert page.get_by_text("No alarm.").is_visible()
    page.get_by_role("button", name="digits, mobilenetv3, lga, seed 0").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#inside .alarms li").count() == 1
    assert page.get_by_label("Watched run", exact=True).input_value() == "0"
    assert page.evaluate("document.activeElement.id") == "inside-title-run"


def test_every_picture_has_its_numbers(runs, open_page):
    page = open_page()
    pictures = page.locator("#inside svg[role=img]")
    labels = [picture.get_attribute("aria-label") for picture in pictures.all()]
    assert labels[0] == "Alphas by epoch; after the last one: local 0.500, global 0.530."
    assert (
        labels[3] == "Output by path by epoch; after the last one: local 0.400, global 0.500, identity 0.100."
    )
    assert len(labels) == 5
    assert page.locator("#inside .facets svg").nth(1).locator("g[stroke-width='2'] path").count() == 4
    kernel = page.get_by_role("region", name="The block’s kernel")
    assert kernel.locator("td.shaded").count() == 121
    assert kernel.locator("td.shaded").nth(60).inner_text() == "100"
    assert kernel.locator("td.shaded").first.inner_text() == "20"  # 0.25 of 1.25
    assert page.locator("#inside .values tbody tr").last.locator("th, td").all_inner_texts()[:3] == [
        "3",
        "0.500",
        "0.530",
    ]


def test_the_filters_apply(runs, open_page):
    page = open_page()
    page.get_by_label("lga", exact=True).uncheck()
    assert page.locator(GLANCE).count() == 1
    assert page.locator("#inside-block h3").inner_text().startswith("digits, mobilenetv3, lga_as_written")
    page.get_by_label("lga_as_written", exact=True).uncheck()
    assert page.get_by_text("No run with instruments passes the filters.").is_visible()


def test_without_instruments_there_is_no_section(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record())
    page = open_page()
    assert page.locator("#inside").is_hidden()


def test_names_are_never_read_as_html(tmp_path, open_page):
    folder = leave_run(tmp_path / "runs", watched(made_record(attention="lga")))
    leave_instruments(folder, name="<b>block</b>")
    page = open_page()
    assert "<b>block</b>" in page.locator("#inside-block").inner_text()
    assert page.locator("#inside-block .note b").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_axe_finds_nothing_serious_and_a_phone_scrolls_tables_alone(runs, open_page, axe, scheme, width):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    wait_until(page, "document.querySelector('#inside .facets svg') !== null")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
