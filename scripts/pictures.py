"""Take a picture of every view of the page, on a desk and on a phone, in the light and in the dark.

`python -m scripts.pictures [DIRECTORY]` starts the real product on the scripted model, in directories of its own. The
pictures that the documents show are written to docs/images, all of them to DIRECTORY (`.setup/pictures`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser import steps
from tests.browser.browsing import CHROMIUM, FLAGS, WIDTHS, Watched, open_window
from tests.browser.product import Product
from tests.helpers.claude import claude_environment_for, find_claude
from tests.helpers.model import running_model

IMAGES = Path("docs/images")
SHOWN = frozenset(
    {
        "session-wide-dark",
        "session-phone-light",
        "inbox-phone-light",
        "project-wide-light",
        "terminal-wide-dark",
        "terminal-phone-dark",
        "diff-phone-dark",
        "overview-wide-light",
    }
)
THEMES = ("light", "dark")
PLAN = r"[[planfile # Retry with back-off\n\n1. Read `client.py`\n2. Wait **1 s**, then longer\n3. Test it]] [[plan -]]"


async def take(directory: Path) -> None:
    """Walk through the product and take every picture."""
    async with _product() as (product, browser):
        desk = await _arrive(browser, product)
        addresses = await _play(desk)
        for width in WIDTHS:
            for theme in THEMES:
                await _look(browser, product, desk, addresses, directory, width, theme)


@asynccontextmanager
async def _product() -> AsyncIterator[tuple[Product, Browser]]:
    with tempfile.TemporaryDirectory(prefix="claudios-") as home, running_model() as model:
        environment = claude_environment_for(model.url, Path(home) / "claude")
        product = Product(Path(home), find_claude(), {**environment, "MAX_CONCURRENT_SESSIONS": "12"})
        try:
            await product.start_server()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                yield product, browser
                await browser.close()
        finally:
            product.stop_all()


async def _arrive(browser: Browser, product: Product) -> Watched:
    _, desk = await open_window(browser, product.url, "wide")
    await steps.register(desk)
    await steps.create_project(desk, "retries")
    await steps.create_agent(desk, product, "workstation")
    return desk


async def _play(desk: Watched) -> dict[str, str]:
    """Have sessions that show everything, and return where each is seen."""
    page = desk.page
    addresses: dict[str, str] = {}

    async def begin(name: str, prompt: str, title: str, permissions: str = "Ask", mode: str = "Chat") -> None:
        await _start(page, prompt, permissions, mode)
        addresses[name] = page.url
        await _entitle(page, title)

    await begin("markdown", "show markdown", "What a transcript shows")
    await steps.is_idle(page)
    await begin("diff", "edit a file", "Wait between the tries")
    dock = page.get_by_role("region", name="Waiting for you")
    for what in ("write this file", "change this file"):
        await expect(dock.get_by_role("heading", name=re.compile(what))).to_be_visible()
        await dock.get_by_role("button", name="Allow", exact=True).click()
    await steps.is_idle(page)
    await begin("question", "ask me a question", "Colours of the chart")
    await expect(dock).to_be_visible()
    for number in (1, 2):
        await begin(f"same {number}", "run touch report.md", f"Begin the report, part {number}")
    await begin("session", "show markdown", "Tidy up the notes")
    await steps.is_idle(page)
    await steps.send(page, "write a file")
    await expect(dock).to_be_visible()
    await steps.send(page, "Then run the tests, and tell me what fails.")
    await expect(page.get_by_role("region", name="Waiting prompts")).to_be_visible()
    await begin("terminal", "run touch report.md", "Claude's own screen", mode="Terminal")
    await expect(page.get_by_role("main").locator("header").get_by_text("Waiting for you")).to_be_visible()
    await begin("plan", PLAN, "Retry with back-off", "Plan first")
    await expect(dock).to_be_visible()
    return addresses


async def _start(page: Page, prompt: str, permissions: str, mode: str) -> None:
    """Start a session; the form remembers what was chosen last."""
    await page.goto("/")
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    await _choose(page, "Mode", mode)
    await _choose(page, "Permissions", permissions)
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_label("Prompt").fill(prompt)
    await dialog.get_by_role("button", name="Start session").click()
    await page.wait_for_url("**/sessions/*")


async def _choose(page: Page, field: str, option: str) -> None:
    await page.get_by_role("dialog").get_by_role("combobox", name=field, exact=True).click()
    await page.get_by_role("option", name=re.compile(f"^{option}")).click()


async def _entitle(page: Page, title: str) -> None:
    session_id = page.url.rpartition("/")[2]
    origin = page.url.partition("/sessions/")[0]
    answer = await page.request.patch(
        f"/api/v1/sessions/{session_id}", data={"title": title}, headers={"Origin": origin}
    )
    assert answer.ok, await answer.text()


async def _look(
    browser: Browser,
    product: Product,
    desk: Watched,
    addresses: dict[str, str],
    directory: Path,
    width: str,
    theme: str,
) -> None:
    context, watched = await open_window(browser, product.url, width, theme)
    page = watched.page

    async def picture(name: str) -> None:
        await page.evaluate("document.fonts.ready")
        await page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        path = directory / f"{name}-{width}-{theme}.png"
        await page.screenshot(path=path, animations="disabled")
        if path.stem in SHOWN:
            shutil.copy(path, IMAGES / path.name)

    async def at(name: str, address: str, *there: str) -> None:
        await page.goto(address)
        for text in there:
            await expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
        await picture(name)

    await at("sign-in", "/sign-in", "Sign in")
    await context.add_cookies(await desk.page.context.cookies())  # type: ignore[arg-type]  # the same shape, read and written
    await at("overview", "/", "Tidy up the notes")
    await at("inbox", "/inbox", "2 sessions ask the same")
    await at("projects", "/projects", "retries")
    await page.get_by_role("main").get_by_role("link", name=re.compile("retries")).click()
    await expect(page.get_by_text("workstation").locator("visible=true").first).to_be_visible()
    await picture("project")
    await at("account", "/account", "Password")
    for name in ("session", "question", "plan"):
        await page.goto(addresses[name])
        await expect(page.get_by_role("region", name="Waiting for you")).to_be_visible()
        await picture(name)
    await page.goto(addresses["diff"])
    await page.get_by_role("button", name=re.compile("Edit.*fetch.py")).last.click()
    await expect(page.get_by_role("group", name="Change")).to_be_visible()
    await picture("diff")
    await at("markdown", addresses["markdown"], "one of them still open")
    await page.get_by_role("button", name="Session actions").click()
    await picture("menu")
    await page.get_by_role("menuitem", name="Raw log").click()
    await expect(page.get_by_role("region", name="Raw log").get_by_text("Live", exact=True)).to_be_visible()
    await picture("raw")
    await page.goto(addresses["markdown"])
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Details").click()
    await picture("details")
    await page.goto("/")
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    await expect(page.get_by_role("dialog").get_by_role("combobox", name="Model")).to_be_visible()
    await picture("new-session")
    await page.goto(addresses["terminal"])
    await page.get_by_role("button", name="Read the screen aloud").click()
    await expect(page.locator(".xterm-accessibility-tree")).to_contain_text("report.md")
    await page.get_by_role("button", name="Read the screen aloud").click()
    await picture("terminal")
    await context.close()


def main(arguments: Sequence[str]) -> int:
    """Take them all; say where they are."""
    directory = Path(arguments[0] if arguments else ".setup/pictures")
    directory.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    asyncio.run(take(directory))
    print(f"The pictures are in {directory}, those of the documents in {IMAGES}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
