"""Accuracy against measured latency, in headless Chromium: a third plot, where something was measured."""

import pytest

from lga.dashboard.page import write_page
from lga.dashboard.page.payload import Latencies
from lga.results.collect import collect
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_grid
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
