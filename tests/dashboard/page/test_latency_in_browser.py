"""Accuracy against cost, in headless Chromium: estimated gains, and latency where something was measured."""

import pytest

from lga.dashboard.page import write_page
from lga.dashboard.page.payload import Latencies
from lga.results.collect import collect
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_grid, leave_run, made_record
from tests.results.paper_records import HOSTILE

pytestmark = pytest.mark.browser


@pytest.fixture
def open_costs(browser, tmp_path):
    leave_grid(tmp_path / "runs")
    collection = collect(tmp_path / "runs")
    network = collection.runs[0].network
    path, page = tmp_path / "dashboard.html", browser.new_page()

    def open_it(milliseconds):
        latencies = Latencies(HOSTILE, {network: milliseconds}) if milliseconds else None
        write_page(collection, path, GENERATED, latencies=latencies)
        page.goto(f"{path.as_uri()}#tab=cost")
        page.reload()
        return page.locator("#cost")

    yield open_it
    page.close()


def test_nothing_measured_leaves_two_plots(open_costs):
    costs = open_costs(None)
    assert costs.get_by_role("img").count() == 2
    assert costs.locator("#cost-measured").inner_text() == ""


def test_measured_attentions_stand_at_their_milliseconds(open_costs):
    """Of the grid's attentions `none` and `lga` were measured: one gain, shown with its milliseconds."""
    costs = open_costs({"none": 12.5, "lga": 14.0})
    assert costs.get_by_role("img").count() == 3
    plot = costs.get_by_role("img").last
    assert "Inference (milliseconds)" in plot.get_attribute("aria-label")
    assert plot.locator("[data-run]").count() == 1
    assert "Inference (milliseconds): 14.00" in plot.get_attribute("aria-label")
    assert costs.locator("#cost-measured").inner_text() == f"Inference: {HOSTILE}."


def test_gains_are_those_of_the_comparison_where_seeds_differ(browser, tmp_path):
    """Of the seeds that both have, LGA is 1 point better; the means over all seeds of each are equal."""
    for attention, values in (("none", (90.0, 92.0, 94.0)), ("lga", (91.0, 93.0))):
        for seed, top1 in enumerate(values):
            leave_run(tmp_path / "runs", made_record(attention=attention, seed=seed, top1=top1))
    write_page(collect(tmp_path / "runs"), tmp_path / "dashboard.html", GENERATED)
    page = browser.new_page()
    page.goto(f"{(tmp_path / 'dashboard.html').as_uri()}#tab=cost")
    label = page.locator("#cost").get_by_role("img").first.get_attribute("aria-label")
    assert "92.00%, gain +1.00" in label
    page.close()
