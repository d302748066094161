"""What people do on the page, by the words they see there."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.browsing import Watched
from tests.browser.product import Product

USERNAME = "ada"
TO_BEGINNING = """async log => {
    const frame = () => new Promise(drawn => requestAnimationFrame(drawn))
    do {
        log.scrollTop = 0  // again where the page, opened at its end, went back there
        await frame()
        await frame()
    } while (log.scrollTop !== 0 || log.querySelector('[data-index="0"]') === null)
}"""
SCROLL_ON = """log => {
    const before = log.scrollTop
    log.scrollTop += log.clientHeight / 2
    return log.scrollTop === before
}"""
PASSWORD = "correct horse battery staple"


async def register(watched: Watched) -> None:
    """Make the first account."""
    page = watched.page
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    await watched.audit("welcome")
    await page.get_by_role("link", name="Create the first account").click()
    await page.get_by_label("Username").fill(USERNAME)
    await page.get_by_label("Password").fill(PASSWORD)
    await watched.audit("register")
    await page.get_by_role("button", name="Create account", exact=True).click()
    await expect(page.get_by_role("heading", name="Welcome to ClaudiOS")).to_be_visible()


async def walk_in(watched: Watched, product: Product) -> str:
    """Do what everybody does first: an account, the project Home, its agent laptop, whose token is returned."""
    await register(watched)
    await create_project(watched, "Home")
    return await create_agent(watched, product, "laptop")


async def arrive(watched: Watched, product: Product) -> str:
    """Be where `walk_in` ends, at the project with its agent online, without the walk."""
    page = watched.page
    await _post(watched, product, "/auth/register", username=USERNAME, password=PASSWORD)
    project = (await _post(watched, product, "/projects", name="Home"))["id"]
    token: str = (await _post(watched, product, f"/projects/{project}/agents", name="laptop"))["token"]
    product.start_agent(token)
    await page.goto(f"/projects/{project}")
    await expect(page.get_by_role("main").get_by_role("img", name="Online")).to_be_visible()
    return token


async def _post(watched: Watched, product: Product, path: str, **body: str) -> dict[str, Any]:
    """Ask the API as this window's person, whose cookies it keeps; return the answer."""
    person = watched.page.context.request
    answer = await person.post(f"/api/v1{path}", data=body, headers={"origin": product.url})
    assert answer.ok, f"POST {path}: {answer.status} {await answer.text()}"
    made: dict[str, Any] = await answer.json()
    return made


async def sign_in(watched: Watched) -> None:
    """Sign in with a password, wherever one wanted to go."""
    page = watched.page
    await page.get_by_label("Username").fill(USERNAME)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def create_project(watched: Watched, name: str) -> None:
    """Create the first project, from the words that tell one to."""
    page = watched.page
    await watched.audit("empty list")
    await page.get_by_role("link", name="Create a project").click()
    await page.get_by_role("main").get_by_role("button", name="New project").click()
    await page.get_by_label("Name").fill(name)
    await watched.audit("new project")
    await page.get_by_role("button", name="Create project").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def create_agent(watched: Watched, product: Product, name: str, machine: str = "agent") -> str:
    """Create an agent, copy its token, start it with that, and return the token once it is seen online."""
    page = watched.page
    await page.get_by_role("button", name="New agent").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Create agent").click()
    dialog = page.get_by_role("dialog", name=f"Token of {name}")
    await dialog.get_by_role("button", name="Copy agent token").click()
    await expect(dialog.get_by_text("Copied")).to_be_visible()
    token: str = await page.evaluate("navigator.clipboard.readText()")
    await expect(dialog.get_by_text(token, exact=True)).to_be_visible()
    await expect(dialog.get_by_text(f"SERVER_URL={product.url}")).to_be_visible()
    await expect(dialog.get_by_text("Waiting for the agent to connect")).to_be_visible()
    await watched.audit("token")
    product.start_agent(token, machine)
    await expect(dialog.get_by_text(f"{name} is online")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    return token


async def start_session(
    watched: Watched,
    prompt: str,
    permissions: str = "Ask",
    agent: str | None = None,
    *,
    directory: str = "",
    model: str = "",
) -> None:
    """Start a session with a prompt and, by their names, a permission mode and an agent."""
    page = watched.page
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_label("Prompt").fill(prompt)
    if agent is not None:
        await dialog.get_by_role("combobox", name="Agent").click()
        await page.get_by_role("option", name=agent).click()
    await dialog.get_by_label("Directory").fill(directory)
    await dialog.get_by_label("Model").fill(model)
    if permissions != "Ask":
        await dialog.get_by_role("combobox", name="Permissions").click()
        await page.get_by_role("option", name=permissions).click()
        await expect(page.get_by_role("listbox")).to_have_count(0)
    await dialog.get_by_role("button", name="Start session").click()
    await expect(transcript(page)).to_be_visible()


async def begin(watched: Watched, product: Product, prompt: str, answer: str) -> Locator:
    """Arrive, start a session with a prompt, wait for its answer and the end of the turn; return the transcript."""
    await arrive(watched, product)
    await start_session(watched, prompt)
    log = transcript(watched.page)
    await expect(log.get_by_text(answer, exact=True)).to_be_visible()
    await is_idle(watched.page)
    return log


async def say(page: Page, prompt: str, answer: str) -> None:
    """Send a further prompt, and wait for its answer and the end of the turn."""
    await send(page, prompt)
    await expect(transcript(page).get_by_text(answer, exact=True)).to_be_visible()
    await is_idle(page)


async def send(page: Page, prompt: str, button: str = "Send") -> None:
    """Send a further prompt."""
    await page.get_by_role("textbox", name=re.compile("^Prompt for")).fill(prompt)
    await submit(page, button)


async def submit(page: Page, button: str = "Send") -> None:
    """Send what stands in the composer: with Enter, or with its button where Enter only begins a line."""
    if await page.evaluate("matchMedia('(hover: none)').matches"):
        await page.get_by_role("button", name=button, exact=True).click()
    else:
        await page.keyboard.press("Enter")


async def is_idle(page: Page) -> None:
    """Wait until Claude has nothing to do."""
    await expect(page.get_by_role("button", name="Interrupt")).to_have_count(0)
    await expect(page.get_by_role("main").locator("header").get_by_text("Idle", exact=True)).to_be_visible()


async def terminate(page: Page) -> None:
    """End the session that is shown."""
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Terminate").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Terminate").click()


async def end(page: Page) -> None:
    """End the session that is shown, and wait until it has."""
    await terminate(page)
    await expect(page.get_by_text("It was terminated on request.")).to_be_visible()


async def has_details(watched: Watched, **facts: str | re.Pattern[str]) -> None:
    """Look at the session's details, which a narrow window shows in a dialog, for what they say of each fact."""
    page = watched.page
    details = page.get_by_role("complementary", name="Details")
    if watched.is_phone:
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Details").click()
        details = page.get_by_role("dialog", name="Details")
    for name, value in facts.items():
        await expect(fact(details, name)).to_have_text(value)
    if watched.is_phone:
        await page.keyboard.press("Escape")


def fact(region: Locator, name: str) -> Locator:
    """The value beside a name in a list of facts."""
    named = region.page.locator("dt", has_text=re.compile(f"^{name}$"))
    return region.locator("div", has=named).last.locator("dd")


async def audit_each(watched: Watched, view: str, *, is_menu_open: bool = False) -> None:
    """Look at what is shown in both schemes."""
    for scheme in ("light", "dark"):
        await watched.page.emulate_media(color_scheme=scheme)
        await watched.audit(f"{view}, {scheme}", is_menu_open=is_menu_open)


def transcript(page: Page) -> Locator:
    """What was said in the session."""
    return page.get_by_role("log", name="Transcript")


async def reads(page: Page, told: str) -> None:
    """Wait until the whole transcript reads like this."""
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while await whole_text(page) != told:
                pass
    assert await whole_text(page) == told


async def whole_text(page: Page) -> str:
    """Read the whole transcript, from its beginning to its end, as one who scrolls."""
    log = transcript(page)
    found: dict[int, str] = {}
    await expect(log).to_have_attribute("aria-busy", "false")
    await log.evaluate(TO_BEGINNING)
    while True:
        await page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        rows = await log.locator("[data-index]").evaluate_all(
            "rows => rows.map(row => [Number(row.dataset.index), row.innerText])"
        )
        found |= dict(rows)
        is_at_end = await log.evaluate(SCROLL_ON)
        if is_at_end:
            return "\n".join(found[index] for index in sorted(found))
