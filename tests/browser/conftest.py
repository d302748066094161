"""The product with a Chromium to look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.browsing import CHROMIUM, FLAGS, Watched, open_window
from tests.browser.product import Product
from tests.helpers.databases import lay_down

expect.set_options(timeout=30_000)  # a machine may be busy with much else

OpenWindow = Callable[..., Awaitable[Watched]]


@pytest.fixture
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


@pytest.fixture
async def window(product: Product) -> AsyncIterator[OpenWindow]:
    """Opens windows on the product; at the end nothing may have left the host or complained in any of them."""
    opened: list[Watched] = []
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        stack.push_async_callback(browser.close)

        async def open_one(width: str, theme: str = "light") -> Watched:
            context, watched = await open_window(browser, product.url, width, theme)
            stack.push_async_callback(context.close)
            opened.append(watched)
            return watched

        yield open_one
    for watched in opened:
        assert watched.complaints == []
        assert watched.foreign == []
