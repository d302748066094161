"""Files of a machine, asked of the agent over both carriers."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from claudios.cli.commands.files import files
from claudios.protocol.asking import (
    LIST_DIRECTORY,
    MAX_CHUNK_BYTES,
    READ_FILE,
    Answer,
    Ask,
    Directory,
    FileChunk,
)
from claudios.protocol.fields import Model
from claudios.protocol.messages import Welcome
from claudios.server.serving import Serving
from claudios.server.serving import running as running_server
from tests.helpers.patience import patience
from tests.helpers.server import People, Person, elsewhere
from tests.helpers.synthetic_agent import Poller, new_agent
from tests.integration.test_viewer_real_claude import running_agent

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Here:
    """A running agent, and the directory in which it lets files be seen."""

    owner: Person
    project_id: str
    agent_id: str
    work: Path

    @property
    def files(self) -> str:
        return f"/agents/{self.agent_id}/files"


@pytest.fixture(params=["websocket", "poll"])
async def here(
    request: pytest.FixtureRequest,
    server: Serving,
    people: People,
    tmp_path: Path,
    claude_cli: Path,
    claude_environment: Mapping[str, str],
) -> AsyncIterator[Here]:
    async with machine(server, people, tmp_path, claude_cli, claude_environment, request.param) as made:
        yield made


@asynccontextmanager
async def machine(
    server: Serving, people: People, tmp_path: Path, cli: Path, environment: Mapping[str, str], transport: str
) -> AsyncIterator[Here]:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "real"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src/main.py").write_text("print('hello')\n")
    (tmp_path / "secret.py").write_text("nobody's business")
    allowed = {**environment, "ALLOWED_DIRECTORIES": str(work), "DEFAULT_DIRECTORY": str(work)}
    agent = f"/agents/{made['agent']['id']}"
    assert (await owner.ask("GET", f"{agent}/files", expect=409))["error"]["code"] == "machine_away"
    async with running_agent(server.url, made["token"], tmp_path, cli, allowed, transport):
        async with patience("the agent"):
            while not (await owner.ask("GET", agent))["online"]:
                pass
        yield Here(owner, project["id"], made["agent"]["id"], work)


async def test_a_machines_files_are_listed_read_and_written(here: Here) -> None:
    """L-18, L-19, L-20"""
    owner, files = here.owner, here.files
    top = await owner.ask("GET", files)
    assert (top["path"], [each["name"] for each in top["entries"]], top["more"]) == (str(here.work), ["src"], False)
    [entry] = (await owner.ask("GET", f"{files}?path={here.work}/src"))["entries"]
    assert (entry["name"], entry["kind"], entry["size"]) == ("main.py", "file", 15)
    chunk = await owner.ask("GET", f"{files}/content?path=src/main.py")
    assert (base64.b64decode(chunk["content"]), chunk["is_text"], chunk["size"]) == (b"print('hello')\n", True, 15)

    upload, content = uuid4().hex, os.urandom(MAX_CHUNK_BYTES + 5)
    for offset in (0, MAX_CHUNK_BYTES):
        piece = content[offset : offset + MAX_CHUNK_BYTES]
        said = {"path": "new.bin", "upload": upload, "offset": offset, "is_last": offset > 0}
        written = await owner.ask("PUT", f"{files}/content", {**said, "content": base64.b64encode(piece).decode()})
    assert written == {"path": f"{here.work}/new.bin", "size": len(content), "is_done": True}
    assert (here.work / "new.bin").read_bytes() == content
    answer = await owner.http.get(f"/api/v1{files}/download?path=new.bin")
    assert answer.content == content
    assert answer.headers["content-disposition"] == "attachment; filename=\"new.bin\"; filename*=UTF-8''new.bin"

    garbled = {"path": "x", "upload": upload, "offset": 0, "content": "no!"}
    fault = (await owner.ask("PUT", f"{files}/content", garbled, expect=422))["error"]
    assert (fault["field"], fault["message"]) == ("content", "content must be in Base64.")
    refused = await owner.ask("GET", f"{files}/content?path=../secret.py", expect=403)
    assert refused["error"]["code"] == "policy_forbids"
    await owner.ask("GET", f"{files}/content?path=src/main.py&offset=1")
    lines = [(line["action"], line["detail"]) for line in await owner.ask("GET", "/audit")][:4]
    assert lines == [
        ("file_read", f"{here.work}/src/main.py"),
        ("file_read", f"{here.work}/new.bin"),
        ("file_written", f"{here.work}/new.bin"),
        ("file_read", f"{here.work}/src/main.py"),
    ]


@pytest.mark.fault("X16")
async def test_a_download_under_any_name_is_a_file_and_nothing_else(here: Here) -> None:
    name = 'a"; filename=x.html\r\nX: y\u202e<script>.svg'
    (here.work / name).write_text("<svg onload=alert(1)>")
    answer = await here.owner.http.get(f"/api/v1{here.files}/download", params={"path": name})
    assert answer.text == "<svg onload=alert(1)>"
    shown = "a%22%3B%20filename%3Dx.html__X%3A%20y_%3Cscript%3E.svg"
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"a__ filename_x.html__X_ y__script_.svg\"; filename*=UTF-8''{shown}"
    )
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_place_on_a_machine_is_used_from_a_terminal(
    here: Here, server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await here.owner.ask("POST", "/tokens", {"name": "test"})
    monkeypatch.setenv("CLAUDIOS_SERVER", server.url)
    monkeypatch.setenv("CLAUDIOS_TOKEN", token["token"])

    async def run(*arguments: str, fails: bool = False) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, files, arguments)
        assert (result.exception is not None) is fails, result.output
        return str(result.exception) if fails else result.output

    local = tmp_path / "local"
    local.mkdir()
    content = os.urandom(2 * MAX_CHUNK_BYTES)  # its last piece is a whole one
    (local / "big.bin").write_bytes(content)
    assert "src/" in await run("ls", "here")
    assert "main.py" in await run("ls", f"here:{here.work}/src")
    assert f"here:{here.work}/src/big.bin: {len(content):,} bytes." in await run("put", f"{local}/big.bin", "here:src")
    assert (here.work / "src/big.bin").read_bytes() == content
    assert "--force" in await run("put", f"{local}/big.bin", "here:src/big.bin", fails=True)
    (local / "empty").touch()
    await run("put", "--force", f"{local}/empty", "here:src/big.bin")
    assert (here.work / "src/big.bin").read_bytes() == b""
    await run("get", "here:src/main.py", str(local))
    assert (local / "main.py").read_text() == "print('hello')\n"
    assert "exists already" in await run("get", "here:src/main.py", f"{local}/main.py", fails=True)
    assert await run("get", "here:src/main.py", "-") == "print('hello')\n"
    assert "names no file" in await run("get", "here", fails=True)
    assert "There is no" in await run("get", "here:gone", f"{local}/gone", fails=True)
    assert sorted(each.name for each in local.iterdir()) == ["big.bin", "empty", "main.py"]


class Answering:
    """A polling machine that answers each question as a test says."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller

    async def answer(self, answer: Model | None) -> Ask:
        """Answer the next question, or refuse it."""
        asked = await self._poller.come_for(Ask)
        body = None if answer is None else answer.model_dump_json()
        said = Answer(id=asked.id, body=body) if body else Answer(id=asked.id, code="not_found", message="Gone.")
        await self._poller.sync(said)
        return asked


async def test_who_loses_their_role_while_they_download_gets_no_more(people: People) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, people.serving.url)
    operator = await people.member(agent.project_id, "operator")
    async with agent.poller() as poller:
        await poller.register(answers=(READ_FILE.name,))
        machine = Answering(poller)
        piece, size = b"x" * MAX_CHUNK_BYTES, 4 * MAX_CHUNK_BYTES
        path = f"/api/v1/agents/{agent.agent_id}/files/download?path=/a"
        membership = f"/projects/{agent.project_id}/members/{operator.user['id']}"
        asking = asyncio.create_task(operator.http.get(path))
        await machine.answer(chunk(piece, size))
        await owner.ask("DELETE", membership)

        async def answer_the_rest() -> None:
            for offset in range(MAX_CHUNK_BYTES, size, MAX_CHUNK_BYTES):
                await machine.answer(chunk(piece, size, offset))

        answering = asyncio.create_task(answer_the_rest())
        with pytest.raises(httpx2.RemoteProtocolError):
            await asking
        answering.cancel()


def chunk(content: bytes, size: int, offset: int = 0) -> FileChunk:
    return FileChunk(path="/a", offset=offset, size=size, modified_ms=1, is_text=True, version="1", content=content)


async def test_a_file_that_becomes_shorter_is_not_taken_for_a_whole_one(people: People) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, people.serving.url)
    async with agent.poller() as poller:
        await poller.register(answers=(READ_FILE.name,))
        machine = Answering(poller)
        asking = asyncio.create_task(owner.http.get(f"/api/v1/agents/{agent.agent_id}/files/download?path=/a"))
        await machine.answer(chunk(b"x" * MAX_CHUNK_BYTES, size=MAX_CHUNK_BYTES + 1))
        asked = await machine.answer(chunk(b"", size=0, offset=MAX_CHUNK_BYTES))
        assert '"version":"1"' in asked.body
        with pytest.raises(httpx2.RemoteProtocolError):
            await asking


async def test_another_process_goes_on_with_a_polling_machine_and_what_it_answers(
    server: Serving, people: People
) -> None:
    """L-18"""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    listing = Directory(path="/work", entries=(), more=False)
    files_there = f"/agents/{agent.agent_id}/files"
    async with agent.poller() as poller:
        boot = (await poller.register(answers=(LIST_DIRECTORY.name,))).boot
        asking = asyncio.create_task(owner.ask("GET", files_there))
        before = await Answering(poller).answer(listing)
        assert (await asking)["path"] == "/work"
    async with running_server(server.application.parts.config) as other:
        agent.url = other.url
        async with agent.poller() as poller, elsewhere(owner, other) as owner_there:
            poller.boot = boot
            await poller.sync()
            asking = asyncio.create_task(owner_there.ask("GET", files_there, expect=404))
            after = await Answering(poller).answer(None)
            assert (await asking)["error"] == {"code": "not_found", "message": "Gone."}
            assert after.n > before.n
            await owner_there.ask("GET", f"{files_there}/content?path=/a", expect=409)  # a kind that it did not name


async def test_a_machine_that_is_connected_to_another_server_is_not_said_to_be_offline(
    server: Serving, people: People
) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    session = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id})
    files = f"/agents/{agent.agent_id}/files"
    async with running_server(server.application.parts.config) as other, elsewhere(owner, other) as owner_there:
        async with agent.link():
            refused = await owner_there.ask("GET", files, expect=409)
            paths = await owner_there.ask("GET", f"/sessions/{session['id']}/paths")
        assert refused["error"]["code"] == "machine_away"
        for said in (refused["error"]["message"], paths["problem"]):
            assert "another server" in said
            assert "open the page of that server" in said
    refused = await owner.ask("GET", files, expect=409)
    assert "offline" in refused["error"]["message"]


async def test_a_machine_that_comes_to_this_server_or_leaves_it_is_not_said_to_be_at_another(
    server: Serving, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store has a registration before the server holds it, and after the server let go of it."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    commits = server.application.data_path.commits
    submit, reached, gate = commits.submit, asyncio.Event(), asyncio.Event()

    async def waits_after(work: Callable[[Connection], object]) -> object:
        done = await submit(work)
        reached.set()
        await gate.wait()
        return done

    async def waits_before(work: Callable[[Connection], object]) -> object:
        reached.set()
        await gate.wait()
        return await submit(work)

    async def look() -> None:
        await reached.wait()
        refused = await owner.ask("GET", f"/agents/{agent.agent_id}/files", expect=409)
        assert "offline" in refused["error"]["message"]
        gate.set()

    async with agent.socket() as link:
        monkeypatch.setattr(commits, "submit", lambda work: asyncio.ensure_future(waits_after(work)))
        await link.say(agent.hello())
        await look()
        await link.expect(Welcome)
        reached.clear()
        gate.clear()
        monkeypatch.setattr(commits, "submit", lambda work: asyncio.ensure_future(waits_before(work)))
        await link.cut()
        await look()


async def test_an_older_agent_is_said_to_need_an_update(people: People) -> None:
    """L-18"""
    owner = await people.owner()
    agent = await new_agent(owner, people.serving.url)
    async with agent.link():
        refused = await owner.ask("GET", f"/agents/{agent.agent_id}/files", expect=409)
    assert refused["error"]["code"] == "agent_outdated"
    assert "Update" in refused["error"]["message"]
