"""The agent's way to the server over a slow line: the real streamer and carrier, a relay that passes so much a second.

The server at the other end is the tests' own, which can be told to take no compressed batches: so the same output goes
up twice, with and without.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from claudios.agent.client.address import tls_context
from claudios.agent.client.websocket import WebSocketCarrier
from tests.helpers.link_server import running_link_server
from tests.helpers.relay import running_relay
from tests.helpers.uplink import Uplink, running_uplink

SESSION = "11111111-89ab-4cde-8f01-23456789abcd"
FRAME_BYTES = 60_000


@dataclass(frozen=True, slots=True)
class Passed:
    """How long output took from the spool to its last acknowledgement, and how many bytes the line carried."""

    seconds: float
    wire_bytes: int


async def pass_up(total_bytes: int, bytes_per_second: int, *, takes_compressed: bool) -> Passed:
    """Bring so many bytes of Claude's partial messages to a server that takes compressed batches, or does not."""
    output = claude_says(total_bytes)
    async with running_link_server() as server:
        server.misbehaviour.takes_compressed = takes_compressed
        async with running_relay(server.url) as relay:
            carrier = WebSocketCarrier(relay.url, server.keys.auth, tls_context(relay.url, None))
            with tempfile.TemporaryDirectory(prefix="claudios-bench-") as directory:
                async with running_uplink(Path(directory), server.keys, lambda: carrier) as uplink:
                    await server.until(lambda: server.hellos)
                    relay.up.bytes_per_second = bytes_per_second
                    before, begun = relay.up.passed_bytes, time.perf_counter()
                    uplink.write(SESSION, *(output[at : at + FRAME_BYTES] for at in range(0, len(output), FRAME_BYTES)))
                    await _acked(uplink)
                    passed = Passed(time.perf_counter() - begun, relay.up.passed_bytes - before)
        if b"".join(frame.payload for frame in server.stored(SESSION).frames) != output:
            raise RuntimeError("What is stored is not what was written.")
    return passed


def claude_says(total_bytes: int) -> bytes:
    """Return partial messages as the CLI prints them, a few words of made-up text in each; always the same."""
    dice = random.Random(1)
    syllables = ["".join(dice.choices("abcdefghilmnoprstuv", k=dice.randint(2, 4))) for _ in range(300)]
    words = ["".join(dice.choices(syllables, k=dice.randint(1, 3))) for _ in range(3000)]
    lines, size = [], 0
    while size < total_bytes:
        delta = {"type": "text_delta", "text": " " + " ".join(dice.choices(words, k=dice.randint(1, 4)))}
        event = {"type": "content_block_delta", "index": 0, "delta": delta}
        message = {
            "type": "stream_event",
            "event": event,
            "session_id": SESSION,
            "parent_tool_use_id": None,
            "uuid": str(UUID(int=dice.getrandbits(128))),
        }
        lines.append(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        size += len(lines[-1])
    return b"".join(lines)[:total_bytes]


async def _acked(uplink: Uplink) -> None:
    while not uplink.spool(SESSION).is_acked:  # noqa: ASYNC110 - there is no event: the agent keeps it to itself
        await asyncio.sleep(0.01)
