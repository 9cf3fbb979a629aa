"""Take the README's two pictures, docs/pictures/page.png and digits.svg, of a page that was made before."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from lga.system.files import outputs

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
STUDY = "Gain over none in top-1 accuracy, Handwritten digits with MobileNetV3"
UNFOLD = "document.querySelectorAll('#tab-studies details').forEach(node => node.open = true)"
WAIT_MS = 3000  # studies are drawn when they come into view


def main() -> None:
    """Open the page in a headless Chromium: its first screen, then the chart of a study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=outputs("dashboard.html"), help="by make dashboard")
    address = parser.parse_args().page.resolve().as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 690})
        tab.goto(address)
        tab.wait_for_timeout(WAIT_MS)
        tab.screenshot(path=FOLDER / "page.png")
        tab.click("#tab-studies-title")
        tab.evaluate(UNFOLD)
        tab.wait_for_timeout(WAIT_MS)
        chart = tab.locator("#tab-studies figure").filter(has=tab.locator(f'svg[aria-label^="{STUDY}"]'))
        with tab.expect_download() as saved:
            chart.get_by_role("button", name="SVG").click()
        drawn = saved.value.path().read_text()
        (FOLDER / "digits.svg").write_text(drawn.replace("<svg ", '<svg style="background:#fff" ', 1) + "\n")
        browser.close()


if __name__ == "__main__":
    main()
