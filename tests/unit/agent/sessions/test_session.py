"""A session and what its shim says of it, where that comes all at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from struct import Struct

import pytest

from claudios.agent.sessions.launcher import ClaudeCommand
from claudios.agent.sessions.session import Session
from claudios.agent.sessions.shim_client import VERSION, ShimClient
from claudios.protocol.messages import EndReason, Input, Mode, StartSession

SESSION = "4fd9c2d0-0000-4000-8000-000000000001"
PROMPT = "a985f9b7-0000-4000-8000-000000000002"
LENGTH = Struct("<I")
CONDITION = {"epoch": 1, "seq": 0, "output": 0, "pid": 2, "child": 3, "exit_code": None, "signal": None, "detail": None}
TAKEN = {"op": "taken", "id": PROMPT}
ENDED = {"op": "ended", "state": "ended", "reason": "exited", **CONDITION}


class Owner:
    """Keeps which sessions have ended before their prompts were typed."""

    def __init__(self) -> None:
        self.untyped_in: list[str] = []

    async def session_begins(self, session: Session, body: StartSession) -> None: ...

    def session_has_output(self, session: Session) -> None: ...

    def session_changed(self, session: Session) -> None: ...

    def session_room(self, session: Session) -> None: ...

    def session_untyped(self, session: Session) -> None:
        self.untyped_in.append(session.id)

    def session_acked(self, session: Session) -> None: ...


def packed(*messages: Mapping[str, object]) -> bytes:
    raws = [json.dumps(message).encode() for message in messages]
    return b"".join(LENGTH.pack(len(raw)) + raw for raw in raws)


@asynccontextmanager
async def shim_whose_program_ends(path: Path, *last_words: dict[str, object]) -> AsyncIterator[str]:
    """Run what answers as a shim does, and says its last words at once when it is to type something."""
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = ""
        while said != "keys":
            (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            said = json.loads(await reader.readexactly(length))["op"]
            if said == "attach":
                attached = {"op": "attached", "version": VERSION, "state": "running", "reason": None, **CONDITION}
                writer.write(packed(attached))
        writer.write(packed(*last_words))
        await reader.read()
        writer.close()
        is_over.set()

    async with await asyncio.start_unix_server(serve, path):
        try:
            yield str(path)
        finally:
            await is_over.wait()


@pytest.mark.parametrize(
    ("last_words", "untyped_in"), [((TAKEN, ENDED), []), ((ENDED,), [SESSION])], ids=["typed", "not typed"]
)
async def test_a_prompt_that_was_typed_just_before_its_terminal_ended_is_not_called_untyped(
    tmp_path: Path, last_words: tuple[dict[str, object], ...], untyped_in: list[str]
) -> None:
    """V-5: people were told that the prompt had not been typed, where its receipt came together with the end."""
    registry = tmp_path / "claude" / "sessions"
    registry.mkdir(parents=True)
    (registry / "3.json").write_text(json.dumps({"status": "idle"}))
    claude = ClaudeCommand(Path("/bin/true"), {"CLAUDE_CONFIG_DIR": str(registry.parent)})
    owner, directory = Owner(), tmp_path / "session"
    directory.mkdir()
    session = Session(SESSION, directory, claude, 0, owner)
    inputs = (Input(id=PROMPT, line="hello"),)
    session.accept(StartSession(session_id=SESSION, mode=Mode.TERMINAL, directory=str(tmp_path), inputs=inputs))
    async with asyncio.timeout(20), shim_whose_program_ends(tmp_path / "shim", *last_words) as path:
        await ShimClient.attach(path, session)
        await session.ended.wait()
    assert session.status.reason is EndReason.EXITED
    assert owner.untyped_in == untyped_in
    session.detach()
