"""Runs in an environment with Playwright: walks through the console in Chromium; order on stdin, findings on stdout."""

import json
import sys
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
CHROMIUM = "/usr/bin/chromium"


def watch(page: Page, found: dict[str, Any]) -> None:
    """Note what scripts complain of, and every request that leaves."""
    page.on("console", lambda said: found["complaints"].append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found["complaints"].append(str(error)))
    page.on("request", lambda asked: found["hosts"].append(asked.url.split("/")[2]))


def sign_in(page: Page, order: dict[str, Any]) -> None:
    """With the keyboard alone, by a key: the focus is on the name first, from where one walks to the key."""
    page.goto(f"{order['url']}/sessions?outcome=failure")
    page.wait_for_function("document.activeElement.name === 'name'")  # set with a frame, maybe after the load
    for _ in range(10):
        if page.evaluate("document.activeElement.name") == "key":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(order["key"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions?outcome=failure")


def pictures(browser: Browser, order: dict[str, Any], found: dict[str, Any]) -> None:
    """Every page, large and small, light and dark; and whether it is wider than the screen."""
    for size, (wide, high) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": wide, "height": high}, color_scheme=scheme)
            page = context.new_page()
            watch(page, found)
            sign_in(page, order)
            for name, path in order["pages"].items():
                page.goto(order["url"] + path)
                if page.evaluate(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                ):
                    found["too_wide"].append(f"{name} {size}")
                file = f"{order['out']}/{name}-{size}-{scheme}.png"
                page.screenshot(path=file)
                found["pictures"].append(file)
                found["titles"][name] = page.title()
                found["axe"] += [f"{name} {size} {scheme}: {one}" for one in disabled_people(page)]
            context.close()


def disabled_people(page: Page) -> list[str]:
    """What axe finds that keeps somebody out: rule, how grave, and the first place."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['any'][:1]}"
        for one in found
    ]


def open_row(page: Page) -> None:
    """Open the row that has the focus."""
    target = str(page.evaluate("document.activeElement.getAttribute('href')"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith(target))


def keyboard(browser: Browser, order: dict[str, Any], found: dict[str, Any]) -> None:
    """The main journey without a mouse: filter, open a session, its conversation, home; and the theme is kept."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page = context.new_page()
    watch(page, found)
    sign_in(page, order)
    page.keyboard.press("j")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    found["focus_shown"] = page.evaluate(outline) != "none"
    open_row(page)
    page.keyboard.press("j")
    open_row(page)
    found["journey"] = page.url
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(f"{order['url']}/")
    page.keyboard.press("Tab")
    found["skip_first"] = page.evaluate("document.activeElement.textContent")
    page.focus("#theme")
    page.keyboard.press("Enter")
    page.reload()
    found["theme"] = page.evaluate("document.documentElement.dataset.theme")
    found["cookie_seen_by_scripts"] = page.evaluate("document.cookie")
    context.close()


def queue(page: Page, order: dict[str, Any], found: dict[str, Any]) -> None:
    """Two sessions of the queue with the keyboard alone: one told with a reason, one skipped; Enter alone tells nothing."""
    page.goto(f"{order['url']}/queue")
    names = [page.inner_text("#which a")]
    page.keyboard.press("r")
    page.keyboard.type("it asked <b>twice</b>")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_url("**/queue?last=*")
    names.append(page.inner_text("#which a"))
    page.keyboard.press("s")
    page.wait_for_url("**cursor=*")
    names.append(page.inner_text("#which a"))
    found["queue"] = names


def follow(page: Page, order: dict[str, Any], found: dict[str, Any]) -> None:
    """A session that begins while the list is open comes to its top, and the page is not loaded again."""
    page.goto(f"{order['url']}/sessions")
    page.evaluate("window.stayed = true")
    headers = {"authorization": f"Bearer {order['key']}", "content-type": "application/json"}
    sent = page.request.post(f"{order['url']}/v1/traces", headers=headers, data=order["trace"])
    found["sent"] = sent.status
    page.wait_for_selector('tr.new[data-session="came-while-open"]', timeout=30_000)
    first = page.get_attribute("#rows tr >> nth=0", "data-session")
    found["followed"] = [first, page.evaluate("window.stayed"), page.inner_text("#followed")]


def main() -> None:
    """One browser, every check."""
    order = json.load(sys.stdin)
    found: dict[str, Any] = {
        "complaints": [],
        "hosts": [],
        "too_wide": [],
        "pictures": [],
        "titles": {},
        "axe": [],
    }
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        keyboard(browser, order, found)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        watch(page, found)
        sign_in(page, order)
        queue(page, order, found)
        follow(page, order, found)
        pictures(browser, order, found)
        browser.close()
    found["hosts"] = sorted(set(found["hosts"]))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
