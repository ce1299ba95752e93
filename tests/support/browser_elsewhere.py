"""Runs in an environment with Playwright: signs in at another system in Chromium; order on stdin, findings on stdout."""

import json
import sys
from typing import Any

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def main() -> None:
    """In by the link, seen by name, out here and there."""
    order, found = json.load(sys.stdin), dict[str, Any](complaints=[])
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        page = browser.new_page()
        page.on(
            "console", lambda said: found["complaints"].append(said.text) if said.type == "error" else None
        )
        page.goto(f"{order['url']}/cost")
        page.get_by_role("link", name="Sign in with").click()
        page.wait_for_url(f"{order['url']}/cost")
        found["title"] = page.title()
        found["me"] = page.evaluate("fetch('/api/v1/me').then(answer => answer.json())")
        found["cookies"] = {one["name"]: one["sameSite"] for one in page.context.cookies(order["url"])}
        found["seen_by_scripts"] = page.evaluate("document.cookie")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in?out=1")
        page.get_by_role("link", name="Sign out of").click()
        page.wait_for_url(f"{order['issuer']}/out?**")
        found["out"] = page.url
        page.set_content(f"<a href='{order['url']}/sign-in/oidc'>a prize</a>")  # of a page of another site
        page.get_by_text("a prize").click()
        page.wait_for_url(f"{order['url']}/sign-in/oidc")
        found["forced"] = page.get_by_role("alert").first.inner_text()
        browser.close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
