"""Play the step of a script that is due as one answer."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from claudios.demo.conversation import Json
from claudios.demo.filler import filler, pieces, words
from claudios.demo.reply import Reply
from claudios.demo.script import Script
from claudios.demo.steps import Directive, Step
from claudios.demo.tool_calls import tool_call

ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
USAGE_OPTIONS = {
    "in": "input_tokens",
    "out": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
}
SETTLE_SECONDS = 0.05


class Answered(Exception):
    """A whole answer was sent in place of the reply."""


class BrokenOff(Exception):
    """The answer was cut short on purpose: close the connection."""


class Exhausted(Exception):
    """A failure has been played as often as its script says."""


def error_body(status: int, message: str = "scripted error", kind: str = "") -> Json:
    """Return the API's error object."""
    return {"type": "error", "error": {"type": kind or ERROR_TYPES.get(status, "api_error"), "message": message}}


class Player:
    """Plays scripts; remembers only how often each scripted failure was played."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()

    def reset(self) -> None:
        """Forget the failures played so far."""
        self._failures.clear()

    async def play(self, script: Script, reply: Reply, claude_session: str) -> str:
        """Send the answer that is due; return what was played, for the log."""
        for number, step in enumerate(script.left, script.played):
            key = json.dumps([claude_session, [directive.argument for directive in step], number, len(script.steps)])
            try:
                await self._play_step(step, reply, key)
            except Exhausted:
                continue
            await reply.finish()
            return f"step {number} {step[0].name}" if script.is_written else f"phrase {step[0].name}"
        await reply.text(pieces("Script finished."))
        await reply.finish()
        return "script over"

    async def _play_step(self, step: Step, reply: Reply, key: str) -> None:
        for directive in step:
            if directive.name in ("http", "sseerror", "die", "eof"):
                self._count_failure(directive, key)
            play = PLAYS.get(directive.name, _play_tool)
            try:
                await play(directive, reply)
            except (ValueError, IndexError) as error:
                await reply.text(pieces(f"malformed directive {directive.name}: {error}"))

    def _count_failure(self, directive: Directive, key: str) -> None:
        times = directive.options.get("times")
        if times is not None and self._failures[key] >= int(times):
            raise Exhausted
        self._failures[key] += 1


async def _play_tool(directive: Directive, reply: Reply) -> None:
    call = tool_call(directive, reply.conversation)
    if call is None:
        await reply.text(pieces(f"unknown directive {directive.name}"))
    else:
        await reply.tool(call)


async def _say(directive: Directive, reply: Reply) -> None:
    await reply.text(pieces(directive.argument))


async def _speak(directive: Directive, reply: Reply) -> None:
    await reply.text(words(directive.argument))


async def _text(directive: Directive, reply: Reply) -> None:
    options = directive.options
    size, rate, chunk = int(directive.words[0]), float(options.get("rate", 0)), int(options.get("chunk", 100))
    await reply.text(filler(size, rate=rate, chunk=chunk, beyond_ascii="mb" in directive.words))


async def _think(directive: Directive, reply: Reply) -> None:
    options = directive.options
    size, rate, chunk = int(directive.words[0]), float(options.get("rate", 0)), int(options.get("chunk", 100))
    await reply.thinking(filler(size, rate=rate, chunk=chunk))


async def _http(directive: Directive, reply: Reply) -> None:
    status, options = int(directive.words[0]), directive.options
    names = {"retry-after": "retry-after", "should-retry": "x-should-retry"}
    headers = {**reply.headers, **{header: options[option] for option, header in names.items() if option in options}}
    if "html" in options or "html" in directive.words:
        html = {"content-type": "text/html"}
        await reply.connection.answer(status, b"<html>proxy error</html>", {**headers, **html})
    else:
        message = options.get("msg", "scripted error").replace("_", " ")
        await reply.connection.answer(status, error_body(status, message, options.get("type", "")), headers)
    raise Answered


async def _stream_error(directive: Directive, reply: Reply) -> None:
    await reply.fail((directive.words or ["overloaded_error"])[0])
    raise Answered


async def _cut(directive: Directive, reply: Reply) -> None:
    options = directive.options
    await reply.break_off(filler(int(options.get("after", 200)), chunk=50), options.get("tool", ""))
    await asyncio.sleep(SETTLE_SECONDS)  # a reset discards what the client's kernel has not yet taken
    if directive.name == "die":
        reply.connection.reset()
    raise BrokenOff


async def _delay(directive: Directive, _: Reply) -> None:
    await asyncio.sleep(float(directive.words[0]))


async def _hang(directive: Directive, reply: Reply) -> None:
    await asyncio.sleep(float(directive.words[0]))
    reply.connection.reset()
    raise BrokenOff


async def _stall(directive: Directive, reply: Reply) -> None:
    await reply.start()
    await asyncio.sleep(float(directive.words[0]))


async def _usage(directive: Directive, reply: Reply) -> None:
    for option, name in USAGE_OPTIONS.items():
        if option in directive.options:
            setattr(reply.usage, name, int(directive.options[option]))


async def _stop(directive: Directive, reply: Reply) -> None:
    reply.stop_reason = directive.words[0]


async def _header(directive: Directive, reply: Reply) -> None:
    reply.headers.update(directive.options)


PLAYS: Mapping[str, Callable[[Directive, Reply], Awaitable[None]]] = {
    "say": _say,
    "speak": _speak,
    "text": _text,
    "think": _think,
    "http": _http,
    "sseerror": _stream_error,
    "die": _cut,
    "eof": _cut,
    "delay": _delay,
    "hang": _hang,
    "stall": _stall,
    "usage": _usage,
    "stop": _stop,
    "header": _header,
}
