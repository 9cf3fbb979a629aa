"""The page in headless Chromium: what a reader sees and does; `open_page` checks errors and requests."""

import os
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.dashboard.page.conftest import wait_until
from tests.results.made_records import (
    ATTENTIONS,
    leave_grid,
    leave_pictures,
    leave_predictions,
    leave_run,
    made_record,
)

pytestmark = pytest.mark.browser
SUMMARY = "#summary-table tbody tr:not(.section)"
RUNS = "#run-table tbody tr"
SEED = "[data-tip*=', seed ']"


@pytest.fixture
def runs(tmp_path):
    """Five seeds of six attentions on the digits, three of two on MNIST."""
    root = tmp_path / "runs"
    leave_grid(root)
    leave_grid(root, datasets=("mnist",), attentions=("none", "se"), seeds=3)
    return root


def column(page, rows, index):
    return [row.locator("th, td").nth(index).inner_text() for row in page.locator(rows).all()]


def test_shows_every_group_seed_and_run(runs, open_page):
    page = open_page()
    assert page.locator(SUMMARY).count() == len(ATTENTIONS) + 2
    assert page.locator(f"#plots {SEED}").count() == 5 * len(ATTENTIONS) + 2 * 3
    assert page.locator("#plots [data-tip*='mean of']").count() == len(ATTENTIONS) + 2
    assert page.locator("#failures").is_hidden()
    page.get_by_role("tab", name="All runs").click()
    assert page.locator(RUNS).count() == 36


def test_statistics_shown_are_those_of_the_records(tmp_path, open_page):
    """none 90, 92 and se 91, 93.5: difference 1.25, half-widths 12.7062 * (1, 1.25, 0.25)."""
    for attention, tops in {"none": (90.0, 92.0), "se": (91.0, 93.5)}.items():
        for seed, top1 in enumerate(tops):
            leave_run(tmp_path / "runs", made_record(attention=attention, seed=seed, top1=top1))
    page = open_page()
    cells = page.locator(SUMMARY).nth(1).locator("th, td").all_inner_texts()
    assert cells[:6] == ["se", "92.25", "56.35 to 99.10", "2", "+1.25", "−1.93 to +4.43"]
    assert page.locator(SUMMARY).nth(0).locator("td").all_inner_texts()[:2] == ["91.00", "68.18 to 97.95"]


def test_sorts_within_comparisons_with_absent_values_last(runs, open_page):
    page = open_page()
    header = page.locator("#summary-table thead th").nth(4)
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    shown = column(page, SUMMARY, 4)[: len(ATTENTIONS)]
    numbers = [float(text.replace("−", "-")) for text in shown[:-1]]
    assert numbers == sorted(numbers, reverse=True)
    assert shown[-1] == "–"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    shown = column(page, SUMMARY, 4)[: len(ATTENTIONS)]
    assert (shown[-1], [float(text.replace("−", "-")) for text in shown[:-1]]) == ("–", sorted(numbers))


def test_sorts_and_opens_details_by_keyboard_alone(runs, open_page):
    page = open_page(tab="runs")
    button = page.locator("#run-table th[scope=col]").nth(5).get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    values = [float(text) for text in column(page, RUNS, 5)]
    assert values == sorted(values, reverse=True)
    assert button.evaluate("node => node === document.activeElement")
    page.keyboard.press("Space")
    assert [float(text) for text in column(page, RUNS, 5)] == sorted(values)
    name = page.locator(f"{RUNS} button").first
    name.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#run-dialog").is_hidden()
    assert name.evaluate("node => node === document.activeElement")


def test_filters_rows_plots_and_runs(runs, open_page):
    page = open_page()
    page.get_by_label("Dataset").select_option("mnist")
    assert page.locator("#count").inner_text() == "6 of 36 runs"
    assert (page.locator(SUMMARY).count(), page.locator(f"#plots {SEED}").count()) == (2, 6)
    page.get_by_label("se", exact=True).uncheck()
    page.get_by_role("tab", name="All runs").click()
    assert page.locator(RUNS).count() == 3
    page.get_by_label("Search").fill("mnist seed=2")
    assert column(page, RUNS, 0) == ["none, seed 2"]
    page.get_by_role("tab", name="Your runs").click()
    assert page.locator(SUMMARY).locator("td").nth(2).inner_text() == "3"  # statistics keep all seeds
    page.get_by_role("tab", name="All runs").click()
    page.get_by_role("button", name="Reset filters").click()
    wait_until(page, "document.querySelectorAll('#run-table tbody tr').length === 36")


def test_nothing_found_is_said(runs, open_page):
    page = open_page()
    page.get_by_label("Search").fill("no such run")
    assert page.locator("#count").inner_text() == "0 of 36 runs"
    assert page.get_by_text("No finished run passes the filters.").is_visible()


def test_metric_can_be_chosen(runs, open_page):
    page = open_page()
    assert page.get_by_label("Metric", exact=True).input_value() == "top1"
    page.get_by_label("Metric", exact=True).select_option("loss")
    assert page.locator("#summary-table th").nth(1).inner_text().startswith("loss")
    assert page.locator("#plots svg[role=img]").first.get_attribute("aria-label").startswith("Mean loss")


def test_details_show_config_and_links_lead_to_the_files(runs, open_page):
    page = open_page(tab="runs")
    page.get_by_role("button", name="lga_as_written, seed 3").click()
    dialog = page.get_by_role("dialog", name="digits, mobilenetv3, lga_as_written, seed 3")
    assert dialog.get_by_role("row", name="attention.name lga_as_written").is_visible()
    assert dialog.get_by_role("row", name="python 3.11.7").count() == 1
    assert "attention=lga_as_written seed=3" in dialog.inner_text()
    href = dialog.get_by_role("link", name="config.yaml").evaluate("node => node.href")
    assert href.startswith((runs / "digits").as_uri())
    assert Path(unquote(urlsplit(href).path)).read_text() == "seed: 3\n"


def test_a_seed_says_what_it_is_under_the_pointer_and_opens_its_run(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record(seed=4, top1=91.25))
    page = open_page()
    page.locator(f"#plots {SEED}").first.hover()
    assert page.locator("#tooltip").inner_text() == "none, seed 4: 91.25%"
    page.locator(f"#plots {SEED}").first.click()
    assert page.get_by_role("dialog", name="digits, mobilenetv3, none, seed 4").is_visible()


def test_runs_of_two_settings_say_which(tmp_path, open_page):
    for epochs in (10, 20):
        leave_run(tmp_path / "runs", made_record(epochs=epochs))
    page = open_page(tab="runs")
    assert page.locator("#run-table thead th").nth(3).inner_text().startswith("Setting")
    assert sorted(column(page, RUNS, 3)) == ["10 epochs", "20 epochs"]


def test_repeated_seed_is_shown_and_not_counted(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record(top1=90.0))
    leave_run(tmp_path / "runs", made_record(top1=94.0, ended="2026-11-23T00:00:00+00:00"), repetition=1)
    page = open_page(tab="runs")
    assert sorted(column(page, RUNS, 4)) == ["finished", "repeated"]
    page.get_by_role("tab", name="Your runs").click()
    assert page.locator(SUMMARY).locator("td").first.inner_text() == "94.00"


def test_failures_are_listed_and_nothing_is_read_as_html(tmp_path, open_page):
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    record = made_record(status="failed", error=hostile, metrics={}, score=None)
    named = record.cell.model_copy(update={"dataset": "<b>d</b>", "attention": "<i>a"})
    config = record.config | {"recipe": {"name": hostile}}
    leave_run(tmp_path / "runs", record.model_copy(update={"cell": named, "config": config}))
    finished = made_record().model_copy(update={"config": config, "overrides": [hostile]})
    leave_run(tmp_path / "runs", finished)
    (tmp_path / "runs" / "<u>").mkdir()
    (tmp_path / "runs" / "<u>" / "result.json").write_text("{")
    page = open_page()
    assert page.locator("#failure-list pre").first.text_content() == hostile
    assert "<u>" in page.locator("#failure-list").inner_text()
    assert page.locator("main :is(i, u, img, script)").count() == 0
    assert page.locator(".section").inner_text().count(hostile) == 1
    page.get_by_role("tab", name="All runs").click()
    page.locator(f"{RUNS} button").first.click()
    assert page.locator("dialog :is(b, i, u, img, script)").count() == 0


def test_runs_that_all_failed_or_cannot_be_read_still_make_a_page(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record(status="failed", error="no data", metrics={}, score=None))
    page = open_page()
    assert page.locator("#failure-list li").count() == 1
    page.get_by_role("tab", name="All runs").click()
    assert page.locator(RUNS).count() == 1


def test_every_attention_has_its_own_mark(tmp_path, open_page):
    attentions = ["none", *(f"block{index:02}" for index in range(20))]
    leave_grid(tmp_path / "runs", attentions=attentions, seeds=1)
    page = open_page()
    marks = page.eval_on_selector_all(
        ".chip .mark", "nodes => nodes.map(n => n.getAttribute('d') + n.className.baseVal)"
    )
    assert len(set(marks)) == len(attentions)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_tables_but_never_the_page(runs, open_page, scheme):
    leave_run(runs, made_record(attention="a_block_with_a_rather_long_name_for_a_phone", top1=95.0))
    page = open_page(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert page.locator("#plots svg").first.bounding_box()["width"] <= 375
    assert page.locator("#summary .scroll").evaluate(
        "node => node.scrollWidth > node.clientWidth && node.tabIndex === 0"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sample_predictions_stand_side_by_side_and_follow_the_filters(tmp_path, open_page, scheme):
    for attention in ("none", "lga"):
        leave_pictures(leave_run(tmp_path / "runs", made_record(attention=attention)))
    page = open_page(tab="pictures", color_scheme=scheme)
    images = page.get_by_role("region", name="Sample predictions").get_by_role("img", name="Image ")
    assert images.count() == 4
    assert images.evaluate_all("nodes => nodes.every(node => node.complete && node.naturalWidth === 96)")
    boxes = [image.bounding_box() for image in images.all()]
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"] == boxes[3]["y"]
    assert images.nth(1).get_attribute("alt").endswith("boxes found with lga, seed 0, right.")
    page.set_viewport_size({"width": 375, "height": 800})
    wait_until(page, "document.querySelector('#sample-panels svg[role=img]').clientWidth < 375")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.get_by_label("lga", exact=True).uncheck()
    assert images.count() == 2
    page.get_by_role("button", name="none, seed 0").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").get_by_role("link", name="pictures").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_opens_large_beside_the_others_and_keys_turn_to_the_next_image(
    tmp_path, open_page, axe, scheme
):
    for attention in ("none", "lga"):
        leave_pictures(leave_run(tmp_path / "runs", made_record(attention=attention)))
    page = open_page(tab="pictures", color_scheme=scheme)
    opener = page.locator("#samples .picture").nth(1)
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Image 0-image-0 (1 of 2)")
    images = dialog.get_by_role("img", name="Image 0-image-0")
    assert images.count() == 2
    boxes = [image.bounding_box() for image in images.all()]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["width"] > opener.bounding_box()["width"]
    link = dialog.get_by_role("link", name="file of lga, seed 0").evaluate("node => node.href")
    assert Path(unquote(urlsplit(link).path)).is_file()
    assert axe(page) == []
    titles = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        titles.append(page.locator("#zoom-title").inner_text())
    assert titles == [f"Image {n}-image-{n} ({n + 1} of 2)" for n in (1, 0, 1)]
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert opener.evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")
    page.set_viewport_size({"width": 375, "height": 800})
    boxes = [image.bounding_box() for image in images.all()]
    assert boxes[0]["y"] < boxes[1]["y"]
    assert boxes[0]["width"] > 300


def test_own_images_stand_side_by_side_by_name_also_of_classifiers(tmp_path, open_page):
    for attention in ("none", "lga"):
        leave_predictions(leave_run(tmp_path / "runs", made_record(attention=attention)), count=3)
    page = open_page(tab="pictures", unfold=False)
    own = page.get_by_role("region", name="Images of your own")
    boxes = [image.bounding_box() for image in own.locator("img").all()]
    assert [box["y"] for box in boxes[:2]] == [boxes[0]["y"]] * 2
    assert own.get_by_role("img", name="Image 2-photo-2: what lga, seed 0, says of it.").is_visible()
    assert not own.locator("img").nth(4).is_visible()
    own.get_by_text("1 more image").click()
    assert own.locator("img").nth(4).is_visible()
    assert page.locator("#no-samples").is_hidden()


def test_classes_are_compared_below_the_pictures_and_exported(tmp_path, open_page):
    """Of none 10 and 20 in two seeds: 15; a class that one attention has no value for is absent there."""
    values = {("none", 0): {"ape": 10.0, "bee": 50.0}, ("none", 1): {"ape": 20.0}, ("lga", 0): {"ape": 70.0}}
    for (attention, seed), tops in values.items():
        per_class = {name: {"top1": top} for name, top in tops.items()}
        record = made_record(attention=attention, seed=seed, metrics_per_class=per_class)
        leave_pictures(leave_run(tmp_path / "runs", record))
    page = open_page(tab="pictures")
    table = page.locator("#samples .by-class table")
    assert table.locator("thead th").all_inner_texts() == ["Class", "none", "lga"]
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert rows == [["ape", "15.00", "70.00"], ["bee", "50.00", "–"]]
    table.get_by_role("button", name="none").click()
    assert table.locator("tbody th").all_inner_texts() == ["bee", "ape"]
    with page.expect_download() as saved:
        page.locator("#samples .exports").get_by_text("CSV").click()
    assert saved.value.path().read_text().splitlines() == ["Class,none,lga", "bee,50.00,", "ape,15.00,70.00"]


def test_more_than_twenty_classes_are_folded_and_none_is_nothing(tmp_path, open_page):
    per_class = {f"class {number:02}": {"top1": float(number)} for number in range(60)}
    leave_pictures(leave_run(tmp_path / "runs", made_record(metrics_per_class=per_class)))
    leave_pictures(leave_run(tmp_path / "runs", made_record(dataset="mnist", scale="full")))
    page = open_page(tab="pictures", unfold=False)
    page.locator("#sample-panels > details:not([open]) > summary").click()
    table = page.locator("#samples .by-class table")
    assert (table.count(), table.is_visible()) == (1, False)
    page.get_by_text("top-1 accuracy by class (%) (60)").click()
    assert table.is_visible()
    page.locator("#samples").get_by_role("button", name="Next rows").click()
    assert table.locator("tbody tr").count() == 10


def test_without_pictures_there_is_no_section_of_samples(tmp_path, open_page):
    leave_run(tmp_path / "runs", made_record())
    assert open_page(tab="pictures").locator("#samples").is_hidden()


def test_plots_follow_the_width(runs, open_page):
    page = open_page()
    page.set_viewport_size({"width": 500, "height": 800})
    wait_until(page, "document.querySelector('#plots svg').getBoundingClientRect().width < 500")
    assert page.evaluate("document.documentElement.scrollWidth") == 500


def test_tables_are_marked_up_for_screen_readers(runs, open_page):
    page = open_page()
    for tab, table in (("Your runs", "#summary-table"), ("All runs", "#run-table")):
        page.get_by_role("tab", name=tab).click()
        assert page.locator(f"{table} caption").inner_text().strip()
        assert page.locator(f"{table} thead th:not([scope=col])").count() == 0
        assert page.locator(f"{table} tbody th:not([scope])").count() == 0
    assert page.locator("svg[role=img]:not([aria-label])").count() == 0
    headings = page.eval_on_selector_all(
        "h1, h2, h3", "nodes => nodes.filter(n => n.checkVisibility()).map(n => +n.tagName[1])"
    )
    assert all(after <= before + 1 for before, after in pairwise(headings))


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_shows_its_curve_with_the_judged_epoch_and_its_classes(tmp_path, open_page, axe, kept):
    per_class = {"ape": {"top1": 81.5}, "bee": {"top1": 62.25}}
    record = made_record(attention="lga", seed=1, metrics_per_class=per_class)
    leave_run(tmp_path / "runs", record)
    page = open_page(tab="runs", studies=kept)
    page.locator(f"{RUNS} button").first.click()
    dialog = page.get_by_role("dialog", name="digits, mobilenetv3, lga, seed 1")
    chart = dialog.get_by_role("img", name="top-1 accuracy (%) on the validation split by epoch, for lga.")
    assert "judged: epoch 18" in chart.text_content()
    assert dialog.get_by_text("81.50").is_hidden()
    dialog.get_by_text("top-1 accuracy by class (%) (2)").click()
    assert dialog.locator(".by-class tbody tr").all_inner_texts() == ["ape\t81.50", "bee\t62.25"]
    assert axe(page) == []
    assert page.get_by_text("Not recorded").count() == 0


def test_many_runs_are_shown_a_page_at_a_time(tmp_path, open_page, monkeypatch):
    """11 attentions of five seeds; the pages hold 50 rows and the last 5 in whatever order."""
    monkeypatch.setattr(os, "fsync", lambda file: None)
    leave_grid(tmp_path / "runs", attentions=[f"block_{index:02}" for index in range(11)])
    page = open_page(tab="runs")
    section = page.locator("#runs")
    rows = column(page, RUNS, 0)
    assert section.get_by_role("status").inner_text() == "Rows 1 to 50 of 55"
    section.get_by_role("button", name="Next rows").click()
    rows += column(page, RUNS, 0)
    assert len(set(rows)) == len(rows) == 55
    assert section.get_by_role("button", name="Next rows").is_disabled()
    section.locator("th button").first.click()
    section.locator("th button").first.click()
    assert section.get_by_role("status").inner_text() == "Rows 1 to 50 of 55"
    assert column(page, RUNS, 0)[0] == "block_10, seed 4"
    page.get_by_label("block_10", exact=True).uncheck()
    assert section.get_by_role("button", name="Next rows").is_hidden()
    assert page.locator("#summary").get_by_role("button", name="Next rows").is_hidden()


def test_comparisons_beside_the_first_are_folded_and_drawn_when_opened(tmp_path, open_page):
    leave_grid(tmp_path / "runs", datasets=[f"set_{index}" for index in range(3)], seeds=2)
    page = open_page(unfold=False)
    panels = page.locator("#plots details")
    assert (panels.count(), page.locator("#plots svg[role=img]").count()) == (3, 2)
    panels.last.locator("summary").click()
    wait_until(page, "document.querySelectorAll('#plots svg[role=img]').length === 4")


def test_the_first_screen_answers(runs, open_page):
    """Name, number and certainty in the sentence, the gains in their order, all above the fold."""
    page = open_page(unfold=False, viewport={"width": 1280, "height": 800})
    sentence = page.locator("#answer-title").inner_text()
    assert sentence == "lga beats none in top-1 accuracy by 0.57 [0.13, 1.00] points (5 seeds, p 0.009)."
    chart = page.locator("#answer-charts svg[role=img]").first
    assert chart.get_attribute("aria-label").startswith("Gain over none in top-1 accuracy, best first: ")
    assert chart.bounding_box()["y"] + chart.bounding_box()["height"] < 800
    assert page.get_by_role("tab", selected=True).inner_text() == "Your runs"


def test_one_seed_decides_nothing(tmp_path, open_page):
    leave_grid(tmp_path / "runs", seeds=1)
    page = open_page()
    sentence = page.locator("#answer-title").inner_text()
    assert sentence.startswith("One seed decides nothing: so far ")
    assert "[" not in sentence


def test_what_is_seen_stands_in_the_address(runs, open_page):
    page = open_page(tab="runs&dataset=mnist&attention=se")
    assert page.locator("#count").inner_text() == "3 of 36 runs"
    page.get_by_role("button", name="All attentions").click()
    page.get_by_role("tab", name="Cost").click()
    assert page.evaluate("location.hash") == "#tab=cost&dataset=mnist"
    page.get_by_role("button", name="only lga", exact=True).click()
    assert page.evaluate("location.hash") == "#tab=cost&dataset=mnist&attention=lga"


def test_charts_and_tables_are_saved(runs, open_page):
    page = open_page()
    with page.expect_download() as saved:
        page.locator("#summary .exports").get_by_text("CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert lines[0].startswith(",Attention,top-1 accuracy (%),95 % interval,Seeds,Gain")
    assert len(lines) == 1 + len(ATTENTIONS) + 2
    with page.expect_download() as saved:
        page.locator("#summary .exports").get_by_text("LaTeX").click()
    assert saved.value.path().read_text().startswith("\\begin{tabular}{l")
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as saved:
            page.locator("#answer-charts .exports").first.get_by_text(kind).click()
        assert saved.value.path().read_bytes().startswith(start)


@pytest.mark.parametrize("tab", ["yours", "paper", "studies", "cost", "findings", "pictures", "runs"])
def test_no_tab_is_longer_than_three_thousand_pixels(runs, open_page, tab):
    """With a detector's run as the demo leaves it, and images of the reader's own that it predicted."""
    per_class = {str(digit): {"top1": 50.0 + digit} for digit in range(10)}
    folder = leave_run(runs, made_record("digit_scenes", attention="lga", metrics_per_class=per_class))
    leave_pictures(folder, count=8, size=(960, 504))
    leave_predictions(folder, count=8, size=(480, 504))
    page = open_page(tab=tab, paper=tab == "paper", unfold=False, viewport={"width": 1280, "height": 800})
    assert page.evaluate("document.documentElement.scrollHeight") < 3000
