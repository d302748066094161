"""A push as the server makes it, in the service worker of a real Chromium: what it shows, and what its click does."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, Worker, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.helpers.push_browser import PushBrowser
from tests.helpers.receiver import Receiver, receiving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AT_ONCE: dict[str, Any] = {
    "waits": True,
    "finished": False,
    "ended": False,
    "failed": False,
    "silent": False,
    "silent_minutes": 15,
    "only_mine": False,
    "delay_seconds": 0,
    "quiet_from": None,
    "quiet_until": None,
    "time_zone": "Europe/Berlin",
    "muted_projects": [],
}
COMMAND = "python3 -c \"open('one', 'w')\""
"""What is asked about as a whole, with nothing else to know of it: so the notification itself may be answered."""
AGAIN_SECONDS = 10
ASKS = f"[[bash {COMMAND}]] [[say Done.]]"
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({title, body, tag, requireInteraction, data, actions}) =>
        ({title, body, tag, requireInteraction, data, actions: actions.map(({action}) => action)}))"""
ASK = """async ([method, path, body]) => {
    const headers = {"content-type": "application/json"}
    const answer = await fetch("/api/v1" + path, {method, headers, body: JSON.stringify(body)})
    if (!answer.ok) throw new Error(await answer.text())
}"""
# Nobody has pressed anything, so the browser lets this event open no window: what it would open is noted.
PRESS = """async action => {
    const [notification] = await self.registration.getNotifications()
    const event = new NotificationEvent("notificationclick", {notification, action})
    let done
    event.waitUntil = promise => { done = promise }
    const opened = []
    self.clients.openWindow = async path => { opened.push(path) }
    self.dispatchEvent(event)
    await done
    return opened
}"""


class Pushed:
    """The way from the server to the page's worker, with the browser's push service left out."""

    def __init__(self, product: Product, page: Page, cdp: CDPSession, registration: str, receiver: Receiver) -> None:
        self._product = product
        self._page = page
        self._cdp = cdp
        self._registration = registration
        self._receiver = receiver
        self._browser = PushBrowser()

    @classmethod
    @asynccontextmanager
    async def to(cls, product: Product, watched: Watched) -> AsyncIterator[Pushed]:
        """Subscribe a page's browser, to be told at once."""
        page = watched.page
        await page.context.grant_permissions(["clipboard-read", "clipboard-write", "notifications"], origin=product.url)
        await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        cdp = await page.context.new_cdp_session(page)
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(event: dict[str, Any]) -> None:
            if event["registrations"] and not found.done():
                found.set_result(event["registrations"][0]["registrationId"])

        cdp.on("ServiceWorker.workerRegistrationUpdated", note)
        await cdp.send("ServiceWorker.enable")
        with receiving() as receiver:
            made = cls(product, page, cdp, await asyncio.wait_for(found, 60), receiver)
            await made._subscribe()
            yield made

    async def _subscribe(self) -> None:
        await self._page.evaluate(ASK, ["PUT", "/notifications/settings", AT_ONCE])
        subscription = self._browser.subscription(f"{self._receiver.url}/push")
        await self._page.evaluate(ASK, ["POST", "/notifications/push", subscription])

    async def deliver(self) -> dict[str, Any]:
        """Give the worker what the server sends next, until it shows that, and return it.

        A push that comes as the browser puts the worker to sleep is lost here: no push service keeps it. The tag of a
        notification lets one that is shown twice stand once.
        """
        content = self._browser.read(await self._receiver.next())
        message = {"origin": self._product.url, "registrationId": self._registration, "data": json.dumps(content)}
        while True:
            await self._cdp.send("ServiceWorker.deliverPushMessage", message)
            with suppress(TimeoutError):
                await shown(self._page, AGAIN_SECONDS)
                return content


def worker_of(page: Page) -> Worker:
    [worker] = page.context.service_workers
    return worker


async def shown(page: Page, seconds: float = 60) -> dict[str, Any]:
    """Wait for the one notification that is shown."""
    async with asyncio.timeout(seconds):
        while not (found := await page.evaluate(SHOWN)):
            pass
    [one] = found
    return dict(one)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_push_shows_the_question_and_its_click_opens_the_very_request(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    async with Pushed.to(product, watched) as pushed:
        await steps.start_session(watched, ASKS)
        asked = page.get_by_role("region", name="Waiting for you")
        await expect(asked.get_by_text(COMMAND)).to_be_visible()
        session_id = page.url.rpartition("/")[2]
        await page.goto("/account")  # nobody looks any more
        content = await pushed.deliver()
        assert (content["session_id"], content["is_answerable"]) == (session_id, True)
        one = await shown(page)
        path = f"/sessions/{session_id}?request={content['request_id']}"
        assert one["title"] == content["title"]
        assert COMMAND in one["body"]
        assert (one["requireInteraction"], one["actions"], one["data"]["path"]) == (True, ["allow", "deny"], path)

        assert await worker_of(page).evaluate(PRESS, "") == [path]
        await expect(page).to_have_url(re.compile(re.escape(path)))
        await expect(asked.get_by_text(COMMAND)).to_be_visible()
        assert await page.evaluate(SHOWN) == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_allow_on_the_notification_answers_the_request_once_and_opens_nothing(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    async with Pushed.to(product, watched) as pushed:
        await steps.start_session(watched, ASKS)
        address = page.url
        await expect(page.get_by_role("region", name="Waiting for you").get_by_text(COMMAND)).to_be_visible()
        await page.goto("/account")
        content = await pushed.deliver()
        assert (await shown(page))["actions"] == ["allow", "deny"]
        assert await worker_of(page).evaluate(PRESS, "allow") == []
        assert page.url.endswith("/account")
        await page.goto(address)
        await expect(transcript(page).get_by_text("Done.", exact=True)).to_be_visible()
        assert (product.work / "one").exists()

        again = {"behavior": "deny"}
        path = f"/sessions/{content['session_id']}/requests/{content['request_id']}/answer"
        with (
            watched.outage(),
            pytest.raises(Exception, match="conflict"),
        ):  # the browser writes a refusal to the console
            await page.evaluate(ASK, ["POST", path, again])


@pytest.mark.parametrize("width", WIDTHS)
async def test_an_answer_that_does_not_reach_the_server_opens_the_request_instead(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    async with Pushed.to(product, watched) as pushed:
        await steps.start_session(watched, ASKS)
        asked = page.get_by_role("region", name="Waiting for you")
        await expect(asked.get_by_text(COMMAND)).to_be_visible()
        await page.goto("/account")
        content = await pushed.deliver()
        await shown(page)
        with watched.outage():
            product.stop("server")
            opened = await worker_of(page).evaluate(PRESS, "allow")
            assert opened == [f"/sessions/{content['session_id']}?request={content['request_id']}"]
            await product.start_server()
        await expect(asked.get_by_text(COMMAND)).to_be_visible()
