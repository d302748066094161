"""A person's Chromium, watched: what it asks of whom, what its console says, and what axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOOK = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
    violations.map(({id, nodes}) => id + ": " + nodes.map(({html, failureSummary}) => html + failureSummary).join()))"""
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}


@dataclass
class Watched:
    """One person's browser window, and everything it did that it should not."""

    page: Page
    is_phone: bool
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    _is_outage: bool = False

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While the server is away, the browser itself writes to the console what it cannot reach."""
        self._is_outage = True
        yield
        self._is_outage = False

    async def audit(self, view: str) -> None:
        """Let axe look at what is shown now; note what it finds."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate(LOOK)
        self.complaints += [f"axe in {view}: {finding}" for finding in found]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self._is_outage:
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            self.foreign.append(request.url)


async def open_window(browser: Browser, url: str, width: str, theme: str = "light") -> tuple[BrowserContext, Watched]:
    """Open a window on the product, with a fresh profile."""
    across, down = WIDTHS[width]
    context = await browser.new_context(
        base_url=url,
        viewport={"width": across, "height": down},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    watched = Watched(page, is_phone=width == "phone")
    page.on("console", watched._console)
    page.on("pageerror", lambda error: watched.complaints.append(f"page: {error}"))
    page.on("request", watched._asked)
    return context, watched
