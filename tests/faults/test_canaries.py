"""Secrets are planted, the whole product is walked with errors on the way, and then they are looked for."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest
from websockets.exceptions import WebSocketException

from claudios.protocol.codec import CONTENT_TYPE
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token
from tests.faults.case import Case
from tests.faults.product import PASSWORD, Product, running_product
from tests.helpers.relay import Relay, running_relay
from tests.helpers.viewers import socket

PROMPT = "canaryprompt8412"
WRONG_PASSWORD = "canarypassword9731"
FORGED_TOKEN = f"cla_{'c' * 10}_{'d' * 52}_{'e' * 6}"
REQUEST_LINE = re.compile(rb"^(?:GET|POST) (\S+) HTTP/1\.1\r$", re.MULTILINE)
JSON = {"content-type": "application/json"}
LOOK_SECONDS = 0.01


class Witness:
    """Sees the arguments of every process of the machine, every address asked for, and every error's body."""

    def __init__(self) -> None:
        self.arguments: set[str] = set()
        self.addresses: set[str] = set()
        self.errors: list[str] = []

    async def asked(self, request: httpx2.Request) -> None:
        self.addresses.add(str(request.url))

    async def answered(self, response: httpx2.Response) -> None:
        if response.is_error:
            await response.aread()
            self.errors.append(f"{response.status_code} {response.headers} {response.text}")

    async def look(self) -> None:
        """Read the arguments of whatever runs, again and again: what is started leaves its parents."""
        while True:
            for each in psutil.process_iter():
                with suppress(psutil.Error):
                    if each.pid != psutil.Process().pid:
                        self.arguments.add("\0".join(each.cmdline()))
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def witnessed(product: Product) -> AsyncIterator[tuple[Witness, httpx2.AsyncClient]]:
    """Yield a witness, and the owner's browser with the witness looking on."""
    witness = Witness()
    looking = asyncio.create_task(witness.look())
    browser = product.person().http
    browser.event_hooks = {"request": [witness.asked], "response": [witness.answered]}
    try:
        async with browser:
            yield witness, browser
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def provoke(product: Product, witness: Witness, browser: httpx2.AsyncClient, session_id: str, auth: str) -> None:
    """Ask for all that is refused, with the secrets in it: a wrong body is not repeated, a wrong token not named."""
    session = f"/api/v1/sessions/{session_id}"
    await browser.post("/api/v1/auth/sign-in", json={"username": "owner", "password": WRONG_PASSWORD})
    await browser.post("/api/v1/auth/sign-in", json={"username": "owner", "password": [WRONG_PASSWORD]})
    await browser.post("/api/v1/auth/sign-in", content=f'{{"password":"{WRONG_PASSWORD}', headers=JSON)
    for body in ({"text": [PROMPT]}, {"text": PROMPT, "id": PROMPT}, {"text": PROMPT * 200_000}, {PROMPT: 1}):
        assert (await browser.post(f"{session}/commands", json=body)).is_error, list(body)
    assert (await browser.post(f"{session}/commands", content=PROMPT.encode(), headers=JSON)).is_error
    bad = {"agent_id": product.agent_id, "prompt": {"text": PROMPT}, "model": PROMPT * 100}
    assert (await browser.post(f"/api/v1/projects/{product.project_id}/sessions", json=bad)).is_error
    for bearer in (FORGED_TOKEN, auth[:-1], product.token):
        headers = {"authorization": f"Bearer {bearer}", "content-type": CONTENT_TYPE}
        assert (await browser.post("/agent/v1/sync?wait=0", content=PROMPT.encode(), headers=headers)).is_error
        assert (await browser.get("/agent/v1/check", headers=headers)).is_error
    headers = {"authorization": f"Bearer {auth}", "content-type": CONTENT_TYPE}
    for raw in (PROMPT.encode(), b"\x01\x20\0\0\0" + json.dumps({"type": PROMPT[:20]}).encode().ljust(32)):
        assert (await browser.post("/agent/v1/sync?wait=0", content=raw, headers=headers)).is_error
        assert (await browser.post("/agent/v1/check", content=raw, headers=headers)).is_error
    async with socket(product.person(), "/live") as opened:
        with suppress(WebSocketException):
            for text in (PROMPT, json.dumps({"type": PROMPT}), json.dumps({"type": "subscribe", "after": PROMPT})):
                await opened.send(text)
                witness.errors.append(str(await opened.recv()))


async def command_line(product: Product, token: str, *arguments: str, prompt: str = "") -> str:
    """Run `claudios` as somebody who has a token in the environment; return what it says."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(product.home),
        "CLAUDIOS_SERVER": product.url,
        "CLAUDIOS_TOKEN": token,
        "LANG": "C.UTF-8",
    }
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("claudios"),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return (await process.communicate(prompt.encode()))[0].decode()


@pytest.mark.fault("X12")
async def test_planted_secrets_are_in_no_log_argument_address_or_error_after_a_walk_of_the_whole_product(
    case: Case, claude_cli: Path, claude_environment: Mapping[str, str], tmp_path: Path
) -> None:
    """T-4, W-6: tokens, the keys made of them, the server's and the machine's own, a password, and what people ask."""
    product = Product(tmp_path / "product", claude_cli, claude_environment, case=case)
    async with running_relay(product.url) as relay:
        relay.up.kept = bytearray()
        product.link_url = relay.url
        async with running_product(product), witnessed(product) as (witness, browser):
            keys = agent_keys(parse_token(product.token, AGENT_TOKEN))
            api_token = (await browser.post("/api/v1/tokens", json={"name": "canary"})).json()["token"]
            await walk(product, relay, witness, browser, keys.auth, api_token)
            server_key = (product.home / "server" / "server.key").read_bytes()
            machine_key = (product.state / "checkpoint.key").read_bytes()
            cookies = [value for _, value in browser.cookies.items()]
            secrets = {
                "the prompt": [PROMPT],
                "passwords": [PASSWORD, WRONG_PASSWORD],
                "the agent's token": [product.token, product.token.split("_")[2], FORGED_TOKEN.split("_")[2]],
                "the agent's keys": [keys.auth, *spellings(keys.sign), *spellings(keys.instruct)],
                "the API token": [api_token, api_token.split("_")[2]],
                "the server's key": [*spellings(server_key), server_key.decode(errors="ignore").strip()],
                "the machine's key": [*spellings(machine_key), machine_key.decode(errors="ignore").strip()],
                "the cookie": cookies,
            }
        addresses = [match.decode() for match in REQUEST_LINE.findall(bytes(relay.up.kept))]
    places = {
        "arguments": "\n".join(witness.arguments),
        "addresses": "\n".join([*witness.addresses, *addresses]),
        "errors": "\n".join(witness.errors),
        **{str(log): log.read_text(errors="replace") for log in product.home.rglob("*.log")},
    }
    assert "claudios.agent" in places["arguments"]
    assert str(claude_cli) in places["arguments"]
    assert "/agent/v1/link" in places["addresses"]
    assert len(witness.errors) > 20
    assert len(places) >= 5
    for place, text in places.items():
        assert text, place
        for name, spelt in secrets.items():
            for secret in filter(None, spelt):
                assert secret not in text, f"{name} in {place}"
                case.did(1)


def spellings(raw: bytes) -> list[str]:
    """Return how bytes are usually written down."""
    return [raw.hex(), base64.b64encode(raw).decode().rstrip("="), base64.b32encode(raw).decode().rstrip("=").lower()]


async def walk(
    product: Product, relay: Relay, witness: Witness, browser: httpx2.AsyncClient, auth: str, api_token: str
) -> None:
    """Start, talk, break, restart, resume and end, by API and command line; then the agent polls."""
    session_id = await product.start_session(None, f"{PROMPT} one")
    await product.until_state(session_id, "running")
    await provoke(product, witness, browser, session_id, auth)
    witness.errors.append(await command_line(product, api_token, "send", session_id, "-", prompt=f"{PROMPT} two"))
    witness.errors.append(await command_line(product, FORGED_TOKEN, "ps"))
    relay.cut()
    await product.online()
    product.kill("agent")
    await product.command(session_id, f"{PROMPT} three")
    product.start_agent(TRANSPORT="poll")
    await product.online()
    product.kill("server")
    await product.start_server()
    await product.online()
    crashing = await product.start_session("--no-such-option", f"{PROMPT} four")
    await product.until_state(crashing, "ended")
    product.signal("agent", signal.SIGHUP)
    await product.online()
    await product.terminate(session_id)
    await product.until_state(session_id, "ended")
    stdin = await product.raw(session_id, "stdin")
    assert stdin.count(PROMPT.encode()) >= 3  # it did get where it belongs
