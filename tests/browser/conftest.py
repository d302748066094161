"""The product with a Chromium to look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.browser.browsing import Chromium, Watched, open_window
from tests.browser.product import Product
from tests.helpers.databases import lay_down

expect.set_options(timeout=30_000)  # a machine may be busy with much else

HERE = Path(__file__).parent
OpenWindow = Callable[..., Awaitable[Watched]]


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Have all tests of the product on one loop, since they share a browser."""
    for item in items:
        if "product" in item.fixturenames and item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def product(
    tmp_path: Path, migrated: Path, claude_cli: Path, claude_environment: dict[str, str]
) -> AsyncIterator[Product]:
    """A server on a fresh database; its agent is started by the test, with a token from the page."""
    made = Product(tmp_path / "product", claude_cli, claude_environment)
    lay_down(migrated, made.home / "server" / "claudios.db")
    try:
        await made.start_server()
        yield made
    finally:
        made.stop_all()
        for name in ("server", "agent"):  # shown with a test that fails
            print(f"--- {name} ---\n{made.output(name)}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """The Chromium of this worker. Every window has a profile of its own in it."""
    async with async_playwright() as playwright:
        started = Chromium(playwright)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(product: Product, chromium: Chromium) -> AsyncIterator[OpenWindow]:
    """Opens windows on the product; at the end nothing may have left the host or complained in any of them."""
    opened: list[Watched] = []
    async with AsyncExitStack() as stack:
        browser = await chromium.browser()

        async def open_one(width: str, theme: str = "light") -> Watched:
            context, watched = await open_window(browser, product.url, width, theme)
            stack.push_async_callback(context.close)
            opened.append(watched)
            return watched

        yield open_one
    for watched in opened:
        assert watched.complaints == []
        assert watched.foreign == []
