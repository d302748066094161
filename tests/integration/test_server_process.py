"""The server as a process: started, set up, signed in to while it runs, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token
from claudios.server.clock import now_ms
from claudios.server.store import agents
from claudios.server.store.engine import Store

pytestmark = pytest.mark.integration

PROGRAM = (sys.executable, "-m", "claudios.server")


def environment(state: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(state), "USER": "ada", "LOGNAME": "ada", **more}


async def run(state: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Run the program to its end; return exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *arguments,
        env=environment(state, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


@asynccontextmanager
async def served(state: Path, *arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a server on a free port; yield its process and its URL."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--port", "0", *arguments, env=environment(state), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        line = (await process.stderr.readline()).decode()
        found = re.search(r"listening on (http[^\s\"]+)", line)
        assert found is not None, line
        yield process, found[1]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_setting_up_twice_makes_one_of_each_and_writes_the_token_once(tmp_path: Path) -> None:
    config = tmp_path / "agent" / "config.json"
    first = await run(
        tmp_path, "setup", "--json", "--agent-config", str(config), "--server-url", "http://127.0.0.1:3000"
    )
    assert first[0] == 0, first
    written = json.loads(config.read_text())
    assert config.stat().st_mode & 0o777 == 0o600
    assert written["agentToken"] not in first[1] + first[2]
    second = await run(tmp_path, "setup", "--json", "--agent-config", str(config))
    assert json.loads(config.read_text()) == written
    told = json.loads(first[1]), json.loads(second[1])
    assert [one["created_agent"] for one in told] == [True, False]
    assert told[0]["username"] == told[1]["username"] == "ada"
    assert told[0]["project_id"] == told[1]["project_id"]
    store = Store(f"sqlite:///{tmp_path}/.local/state/claudios/server/claudios.db")
    try:
        bearer = agent_keys(parse_token(written["agentToken"], AGENT_TOKEN)).auth
        key = await store.read(lambda connection: agents.authenticate(connection, bearer, now_ms()))
        assert key.agent_id == told[0]["agent_id"]
    finally:
        store.close()


async def test_a_link_made_while_the_server_runs_signs_its_owner_in_once(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as (_, url),
        httpx2.AsyncClient(base_url=url, headers={"origin": url}, timeout=60) as browser,
    ):
        await run(tmp_path, "setup", "--agent-config", str(tmp_path / "config.json"))
        code, output, errors = await run(tmp_path, "sign-in-link", "--server-url", url)
        assert code == 0, errors
        address, _, secret = output.strip().partition("#")
        assert address == f"{url}/sign-in"
        user = (await browser.post("/api/v1/auth/link", json={"code": secret})).json()
        assert (user["username"], user["is_owner"], user["has_password"]) == ("ada", True, False)
        assert [one["name"] for one in (await browser.get("/api/v1/projects")).json()] == ["Home"]
        assert (await browser.post("/api/v1/auth/link", json={"code": secret})).status_code == 410


async def test_sigterm_ends_the_server_cleanly_and_its_data_is_there_afterwards(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as (process, url),
        httpx2.AsyncClient(base_url=url, headers={"origin": url}, timeout=60) as browser,
    ):
        body = {"username": "ada", "password": "correct horse battery"}
        assert (await browser.post("/api/v1/auth/register", json=body)).status_code == 201
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    state = tmp_path / ".local/state/claudios/server"
    assert not (state / "claudios.db-wal").exists()
    async with (
        served(tmp_path) as (_, url),
        httpx2.AsyncClient(base_url=url, headers={"origin": url}, timeout=60) as browser,
    ):
        assert (await browser.post("/api/v1/auth/sign-in", json=body)).status_code == 200


@pytest.mark.fault("X12")
@pytest.mark.parametrize("style", ["console", "json"])
async def test_no_secret_is_ever_in_the_log(tmp_path: Path, style: str) -> None:
    secrets = ["the password of ada", "a wrong password", "canary-in-a-query"]
    async with served(tmp_path, "--log-format", style) as (process, url):
        async with httpx2.AsyncClient(base_url=url, headers={"origin": url}, timeout=60) as browser:
            await browser.post("/api/v1/auth/register", json={"username": "ada", "password": secrets[0]})
            await browser.post("/api/v1/auth/sign-in", json={"username": "ada", "password": secrets[1]})
            await browser.get(f"/api/v1/agents?project_id={secrets[2]}")
            project = (await browser.post("/api/v1/projects", json={"name": "Home"})).json()
            agent = (await browser.post(f"/api/v1/projects/{project['id']}/agents", json={"name": "x"})).json()
            bearer = agent_keys(parse_token(agent["token"], AGENT_TOKEN)).auth
            await browser.get("/agent/v1/check", headers={"authorization": f"Bearer {bearer}"})
            await browser.post("/agent/v1/sync", content=b"?", headers={"authorization": f"Bearer {bearer}"})
            api = (await browser.post("/api/v1/tokens", json={"name": "x"})).json()["token"]
            code = (await browser.post(f"/api/v1/projects/{project['id']}/invitations", json={})).json()["code"]
            secrets += [agent["token"], bearer, api, code, *browser.cookies.values()]
        process.terminate()
        assert process.stderr is not None
        log = (await process.stderr.read()).decode()
    assert "topping" in log
    assert [secret for secret in secrets if secret in log] == []


async def test_a_server_that_drains_says_so_before_it_closes(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "--drain-seconds", "600") as (process, url),
        httpx2.AsyncClient(base_url=url, timeout=60) as http,
    ):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            while (await http.get("/readyz")).status_code != 503:
                continue
        assert (await http.get("/healthz")).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 130


async def test_state_is_for_its_owner_only(tmp_path: Path) -> None:
    async with served(tmp_path):
        state = tmp_path / ".local/state/claudios/server"
        assert state.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
        assert {path.name for path in state.iterdir()} >= {"claudios.db", "server.key"}


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("--host", "0.0.0.0"), "--behind-proxy"),
        (("--port", "http"), "flag --port"),
        (("--tls-cert", "/none"), "flag --tls-cert"),
        (("--host", "256.1.1.1", "--behind-proxy"), "--host"),
        (("--nope",), "`claudios server --help`"),
        (("backup",), "FILE"),
    ],
)
async def test_a_wrong_setting_is_one_line_with_its_remedy(
    tmp_path: Path, arguments: tuple[str, ...], remedy: str
) -> None:
    code, _, errors = await run(tmp_path, *arguments)
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert remedy in errors


@pytest.mark.parametrize(
    ("arguments", "code", "remedy"),
    [
        (("backup", "--json"), "input_invalid", "FILE. See `claudios server backup --help`"),
        (("backup", "--json", "--state-dir", "/none", "x.backup"), "setting_invalid", "Check --state-dir"),
        (("restore", "--json", "/none.backup"), "input_invalid", "/none.backup"),
        (("sign-in-link", "--json", "--nope"), "input_invalid", "--nope"),
        (("setup", "--json"), "input_invalid", "--agent-config"),
    ],
)
async def test_an_error_is_json_where_json_is_asked_for(
    tmp_path: Path, arguments: tuple[str, ...], code: str, remedy: str
) -> None:
    exit_code, output, errors = await run(tmp_path, *arguments)
    assert (exit_code, output) == (2, "")
    told = json.loads(errors)["error"]
    assert told["code"] == code
    assert remedy in told["message"]


async def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, _, errors = await run(tmp_path, "--port", port)
    assert code == 2
    assert port in errors
    assert "--port or PORT" in errors


async def test_the_description_of_the_api_is_printed_without_a_server(tmp_path: Path) -> None:
    code, output, _ = await run(tmp_path, "openapi")
    assert code == 0
    assert json.loads(output)["openapi"].startswith("3.")
    assert list(tmp_path.iterdir()) == []
