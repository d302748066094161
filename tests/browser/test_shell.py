"""The page's own files in the browser: a newer page takes their place, and one that is half replaced is never kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, async_playwright, expect

from claudios.server.web.static import Page
from tests.browser.browsing import CHROMIUM, FLAGS, open_window
from tests.helpers.built_page import PAGE
from tests.helpers.server import StartServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FILLED = re.compile(r"const SHELL = (\{.*?\});")
ROW_OF_CACHES = "async () => { await navigator.serviceWorker.ready; return (await caches.keys()).sort() }"
DESCRIPTION = "document.querySelector('meta[name=description]').content"
UPDATED = """async () => {
    const registration = await navigator.serviceWorker.ready
    const settled = new Promise(resolve => registration.addEventListener("updatefound", () => {
        const worker = registration.installing
        worker.addEventListener("statechange", () => {
            if (["activated", "redundant"].includes(worker.state)) resolve(worker.state)
        })
    }))
    await registration.update().catch(() => undefined)
    return settled
}"""


class Built:
    """A page that is built again and again."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(PAGE, folder)
        self.folder = folder

    def write(self, words: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Put another page in place of this one: its description is `words`, and its shell as `change` leaves it."""
        worker = self.folder / "sw.js"
        found = FILLED.search(worker.read_text())
        assert found is not None, "the page was built without its shell"
        shell = json.loads(found[1])
        change(shell)
        worker.write_text(FILLED.sub(lambda _: f"const SHELL = {json.dumps(shell)};", worker.read_text()))
        index = self.folder / "index.html"
        index.write_text(
            re.sub('name="description" content="[^"]*"', f'name="description" content="{words}"', index.read_text())
        )


async def test_a_newer_page_replaces_the_kept_one_and_a_torn_one_does_not(
    start_server: StartServer, tmp_path: Path
) -> None:
    serving = await start_server()
    built = Built(tmp_path / "page")
    (built.folder / "assets/newer-00000000.js").write_text("export {}")
    serving.application.api.router.default = Page(built.folder)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context, watched = await open_window(browser, serving.url, "phone")
        page = watched.page
        await page.goto("/")
        await expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
        [first] = await page.evaluate(ROW_OF_CACHES)
        await page.evaluate("caches.open('another.page.of.this.address').then(() => null)")

        def renew(shell: dict[str, Any]) -> None:
            shell["version"] = "newer"
            shell["first"].append("/assets/newer-00000000.js")

        built.write("Newer", renew)
        assert await page.evaluate(UPDATED) == "activated"
        await page.wait_for_function(f"async () => !(await caches.keys()).includes('{first}')")
        assert first != "claudios.shell.newer"
        await page.goto("/")
        assert await page.evaluate(DESCRIPTION) == "Newer"

        def tear(shell: dict[str, Any]) -> None:
            shell["version"] = "torn"
            shell["entry"] = "/assets/index-99999999.js"

        built.write("Torn", tear)
        assert await page.evaluate(UPDATED) == "redundant"
        assert await page.evaluate(ROW_OF_CACHES) == ["another.page.of.this.address", "claudios.shell.newer"]
        await page.goto("/")
        assert await page.evaluate(DESCRIPTION) == "Torn"  # the server's, as long as it answers
        assert watched.complaints == []

        await context.set_offline(True)
        await page.goto("/inbox")
        assert await page.evaluate(DESCRIPTION) == "Newer"
        with pytest.raises(Error):  # what watches the server is not told of the page instead
            await page.goto("/readyz")
        assert watched.foreign == []
        await browser.close()
