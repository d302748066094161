"""A person's Chromium, watched: what it asks of whom, what its console says, and what axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, WebSocketRoute

from scripts.prepare.debian import browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
CHROMIUM = browser() or "chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What is written where a terminal is drawn without a graphics processor, or by a busy machine.
DRAWN_SLOWLY = ("GL Driver Message", "task queue exceeded allotted deadline")
LOOK = """options => axe.run(document, options).then(({violations}) => violations.map(({id, nodes}) =>
    id + ": " + nodes.map(({html, failureSummary}) => html + failureSummary).join()))"""
GROWN = """({width, height}) => {
    const {scrollWidth, scrollHeight} = document.documentElement
    const isTall = document.getElementById("main") !== null && scrollHeight > height
    return scrollWidth > width || isTall ? [`${scrollWidth} x ${scrollHeight}`] : []
}"""
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}


class Chromium:
    """One Chromium for many windows, begun anew should it have ended."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None

    async def browser(self) -> Browser:
        """Return the running browser."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        return self._browser

    async def close(self) -> None:
        """End it."""
        if self._browser is not None:
            await self._browser.close()


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

    async def audit(self, view: str, *, is_menu_open: bool = False) -> None:
        """Let axe look at what is shown now; note what it finds, and what makes the page larger than its window.

        An open menu stands outside of all landmarks.
        """
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text())
        rules = {"target-size": {"enabled": True}, "region": {"enabled": not is_menu_open}}
        found = await self.page.evaluate(LOOK, {"resultTypes": ["violations"], "rules": rules})
        self.complaints += [f"axe in {view}: {finding}" for finding in found]
        size = self.page.viewport_size
        grown = await self.page.evaluate(GROWN, size)
        self.complaints += [f"larger than the window {size}: {view}: {by}" for by in grown]

    def _console(self, message: ConsoleMessage) -> None:
        is_slowness = any(words in message.text for words in DRAWN_SLOWLY)
        if message.type in ("error", "warning") and not self._is_outage and not is_slowness:
            self.complaints.append(f"console: {message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            self.foreign.append(request.url)


@dataclass
class Network:
    """What carries a page's live messages; while it is deaf, those of the server are lost."""

    is_deaf: bool = False

    @classmethod
    async def of(cls, page: Page) -> Network:
        """Stand between a page and its server from its next connection on."""
        made = cls()
        await page.route_web_socket("**/api/v1/live", made._carry)
        return made

    def _carry(self, ours: WebSocketRoute) -> None:
        theirs = ours.connect_to_server()
        theirs.on_message(lambda message: None if self.is_deaf else ours.send(message))


async def open_window(browser: Browser, url: str, width: str, theme: str = "light") -> tuple[BrowserContext, Watched]:
    """Open a window on the product, with a fresh profile. A phone is one: it has touch, and no mouse to hover with."""
    across, down = WIDTHS[width]
    is_phone = width == "phone"
    context = await browser.new_context(
        base_url=url,
        viewport={"width": across, "height": down},
        is_mobile=is_phone,
        has_touch=is_phone,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    watched = Watched(page, is_phone=is_phone)
    page.on("console", watched._console)
    page.on("pageerror", lambda error: watched.complaints.append(f"page: {error}"))
    page.on("request", watched._asked)
    return context, watched
