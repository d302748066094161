"""The routes of the scripted model, and the log of what was asked of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from pathlib import Path

from claudios.demo import conversation as requests
from claudios.demo.connection import Connection, HttpRequest
from claudios.demo.conversation import Conversation, Json
from claudios.demo.filler import pieces
from claudios.demo.player import Answered, BrokenOff, Player, error_body
from claudios.demo.reply import Reply
from claudios.demo.script import script_of

SUMMARY = "<analysis>scripted</analysis>\n<summary>\nScripted summary of the conversation.\n</summary>"
TITLE = '{"title": "Scripted session", "branch": "claude/scripted", "isNewTopic": false}'
LOG_ENTRIES = 10_000


class Service:
    """Answers every connection; `key`, where set, is the one API key it accepts."""

    def __init__(self, *, key: str | None = None, log: Path | None = None, bodies: Path | None = None) -> None:
        self._key = key
        self._log_file = log
        self._bodies = bodies
        self._player = Player()
        self._log: list[dict[str, Json]] = []
        self._serial = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        connection = Connection(reader, writer)
        try:
            while request := await _next_request(connection):
                await self._answer_logged(request, connection)
        except (ConnectionError, BrokenOff):
            pass  # the client went away, or the script broke off: either stands in the log
        finally:
            connection.close()

    async def _answer_logged(self, request: HttpRequest, connection: Connection) -> None:
        begun = time.time()
        entry: dict[str, Json] = {"t": round(begun, 3), "method": request.method, "path": request.path}
        if not request.route.startswith("/__"):
            self._log.append(entry)
            del self._log[:-LOG_ENTRIES]
        try:
            await self._answer(request, connection, entry)
        except Answered:
            entry["did"] = "scripted http error"
        except BrokenOff:
            entry["did"] = "scripted broken stream"
            raise
        except ConnectionError as error:
            entry["did"] = f"client went away: {type(error).__name__}"
            raise
        finally:
            entry["s"] = round(time.time() - begun, 3)
            if self._log_file:
                with self._log_file.open("a") as file:
                    file.write(json.dumps(entry) + "\n")

    async def _answer(self, request: HttpRequest, connection: Connection, entry: dict[str, Json]) -> None:
        match request.method, request.route:
            case "POST", "/v1/messages":
                await self._answer_messages(request, connection, entry)
            case _, "/v1/messages/count_tokens":
                await connection.answer(200, {"input_tokens": max(1, len(request.body) // 4)})
            case "GET", "/__log":
                await connection.answer(200, "".join(json.dumps(logged) + "\n" for logged in self._log).encode())
            case "GET", "/__stats":
                await connection.answer(200, {"requests": len(self._log), "pid": os.getpid()})
            case "POST", "/__reset":
                self._log.clear()
                self._player.reset()
                await connection.answer(200, {})
            case "HEAD", _:
                await connection.answer(200, b"")
            case _:
                entry["did"] = "404"
                await connection.answer(404, error_body(404, "no such route"))

    async def _answer_messages(self, request: HttpRequest, connection: Connection, entry: dict[str, Json]) -> None:
        if self._key and self._key not in _credentials(request):
            entry["did"] = "401"
            await connection.answer(401, error_body(401, "invalid x-api-key"))
            return
        try:
            conversation = requests.parse(request.body)
        except ValueError as error:
            entry["did"] = "400"
            await connection.answer(400, error_body(400, str(error)))
            return
        self._describe(request, conversation, entry)
        entry["did"] = await self._play(conversation, connection, str(entry["session"]))

    async def _play(self, conversation: Conversation, connection: Connection, claude_session: str) -> str:
        reply = Reply(connection, conversation)
        script = script_of(conversation)
        if conversation.wants_summary:
            aside, name = SUMMARY, "compact"
        elif not conversation.tools and not script.is_written:
            aside, name = TITLE if conversation.wants_title else "ok", "side"
        else:
            return await self._player.play(script, reply, claude_session)
        await reply.text(pieces(aside))
        await reply.finish()
        return name

    def _describe(self, request: HttpRequest, conversation: Conversation, entry: dict[str, Json]) -> None:
        """Note in the log what a test may want to know; never a credential."""
        entry.update(
            model=conversation.model,
            stream=conversation.streams,
            n=len(conversation.turns),
            bytes=len(request.body),
            tools=len(conversation.tools),
            agent=request.headers.get("user-agent"),
            session=request.headers.get("x-claude-code-session-id"),
            retry=request.headers.get("x-stainless-retry-count"),
        )
        if self._bodies:
            self._bodies.mkdir(parents=True, exist_ok=True)
            (self._bodies / f"{next(self._serial):05d}.json").write_bytes(request.body)


async def _next_request(connection: Connection) -> HttpRequest | None:
    """Return the next request, or None at the end of the connection or of its HTTP."""
    try:
        return await connection.read_request()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        return None


def _credentials(request: HttpRequest) -> tuple[str, str]:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-api-key", ""), bearer
