"""Runs in an environment with Playwright: from a link to the prompt that is to blame; order on stdin, findings on stdout."""

import json
import sys
from typing import Any

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu")
ALERT_MS = 150_000


def clicks(page: Page, found: dict[str, Any]) -> None:
    """Home says that something burns; its objective names the change; the change has the failures behind it."""
    found["home"] = page.inner_text("main")
    page.click("section.card h3 ~ p a[href^='/objectives/']")
    page.wait_for_load_state()
    found["objective"] = page.inner_text("main")
    page.click("a[href^='/change?']:has-text('prompt')")
    page.wait_for_load_state()
    found["change"] = page.inner_text("main")
    page.click("main a:has-text('without a tool error')")
    page.wait_for_load_state()
    found["sessions"] = page.inner_text("main")


def main() -> None:
    """Come by the link, wait for the alert as a person would, and click three times."""
    order, found = json.load(sys.stdin), {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        page = browser.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(order["link"])
        page.wait_for_selector(".alarm .tag.page", timeout=ALERT_MS)  # the page loads itself again
        clicks(page, found)
        again = browser.new_context().new_page()
        again.goto(order["link"])
        found["again"] = again.url
        browser.close()
    json.dump(found | {"complaints": complaints}, sys.stdout)


if __name__ == "__main__":
    main()
