"""Confusion matrices in headless Chromium: the counts shown, by keyboard, on a phone, light and dark."""

import pytest

from tests.dashboard.page.conftest import wait_until
from tests.results.made_records import leave_pictures, leave_run, made_confusion, made_record

pytestmark = pytest.mark.browser


def confusion_of(page, name):
    """The closed or open matrix of a run, and the rows of its table as text."""
    details = page.locator(".matrices details").filter(has=page.get_by_text(f"{name}: "))
    rows = [row.locator("th, td").all_inner_texts() for row in details.locator("tr").all()]
    return details, rows


def test_confusion_matrices_open_by_keyboard_and_show_the_counts(tmp_path, open_page):
    """Of 40 a 30 are right, 8 taken for <b> and 2 missed; of 4 <b> 1 is right; 5 where nothing is."""
    counts = ((30, 8, 2), (3, 1, 0), (0, 5, 0))
    for attention in ("none", "lga"):
        folder = leave_run(tmp_path / "runs", made_record(attention=attention))
        leave_pictures(folder, confusion=made_confusion(("a", "<b>bold</b>"), counts))
    page = open_page("pictures", unfold=False)
    page.locator(".filters-box summary").first.click()
    assert page.locator(".matrix").count() == 0
    details, _ = confusion_of(page, "lga, seed 0")
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".matrix")
    details, rows = confusion_of(page, "lga, seed 0")
    assert rows[0][1:] == ["a", "<b>bold</b>", "missed", "total"]
    assert rows[1:] == [
        ["a", "30", "8", "2", "40"],
        ["<b>bold</b>", "3", "1", "", "4"],
        ["nothing there", "", "5", "", "5"],
    ]
    assert details.locator("summary").inner_text().endswith("31 of 44 objects found as their class")
    pairs = [text.replace("\u00a0", " ") for text in details.locator("li").all_inner_texts()]
    assert pairs == ["a taken for <b>bold</b>: 8 of 40 (20.0 %)", "<b>bold</b> taken for a: 3 of 4 (75.0 %)"]
    assert details.get_by_text(
        "Found as another class: 11. Missed: 2. Boxes where nothing is: 5."
    ).is_visible()
    assert details.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0
    assert page.locator(".matrix").count() == 1
    page.get_by_label("none", exact=True).uncheck()  # what is open stays open when the rest is drawn again
    page.wait_for_selector(".matrix")
    assert page.locator(".matrices details").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_matrix_of_eighty_classes_scrolls_by_itself_and_stays_legible(tmp_path, open_page, scheme):
    """The contrast of a number on the deepest shade, a share of 1, is at least 4.5 as WCAG asks."""
    classes = [f"class {index}" for index in range(80)]
    counts = [[7 * (row == column < 80) for column in range(81)] for row in range(81)]
    folder = leave_run(tmp_path / "runs", made_record())
    leave_pictures(folder, confusion=made_confusion(classes, counts))
    page = open_page("pictures", unfold=False, viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page.locator(".matrices summary").click()
    matrix = page.get_by_role("region", name="Confusion matrix of none, seed 0")
    assert matrix.evaluate(
        "node => node.scrollWidth > node.clientWidth && node.scrollHeight > node.clientHeight"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    matrix.focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, "document.querySelector('.matrix').scrollLeft > 0")
    header = matrix.get_by_role("rowheader", name="class 0", exact=True)
    assert header.bounding_box()["x"] == pytest.approx(matrix.bounding_box()["x"], abs=1)
    cell = matrix.locator("td.own").first
    assert cell.inner_text() == "7"
    assert contrast(*cell.evaluate(DRAWN_COLOURS)) >= 4.5


# Ink and ground of a node as red, green and blue from 0 to 255, whatever notation the style has them in.
DRAWN_COLOURS = """node => ["color", "backgroundColor"].map(name => {
  const brush = document.createElement("canvas").getContext("2d");
  brush.fillStyle = getComputedStyle(node)[name];
  brush.fillRect(0, 0, 1, 1);
  return [...brush.getImageData(0, 0, 1, 1).data.slice(0, 3)];
})"""


def contrast(one, other):
    """WCAG's contrast ratio, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
