"""Follow a session's log, frame by frame, with exact resume by seq."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from claudios.client.address import Address
from claudios.client.sockets import GONE, Disconnected, Pauses, open_socket
from claudios.protocol import frame
from claudios.protocol.errors import FrameInvalid, MessageInvalid


async def follow_frames(
    address: Address, token: str | None, session_id: str, after: int = 0
) -> AsyncGenerator[list[frame.Frame] | Disconnected, None]:
    """Yield the frames of a session after a seq, the stored ones first, then live ones."""
    seq, pauses = after, Pauses()
    while True:
        try:
            async with open_socket(address, token, f"/sessions/{session_id}/live-log?after={seq}") as socket:
                async for raw in socket:
                    if isinstance(raw, str):
                        raise MessageInvalid("The log came as text. Upgrade the older of client and server.")
                    fresh = [each for each in frame.decode(raw) if each.seq > seq]
                    for found in fresh:
                        if found.seq != seq + 1:
                            raise FrameInvalid(f"The log goes on at frame {found.seq} where {seq + 1} belongs.")
                        seq = found.seq
                    if fresh:
                        pauses.reset()
                        yield fresh
            lost = "the server closed the connection"
        except GONE as gone:
            lost = pauses.excuse(gone, address)
        pause = pauses.next()
        yield Disconnected(lost, pause)
        await asyncio.sleep(pause)
