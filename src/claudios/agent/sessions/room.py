"""What people are told when a session runs out of room on its machine."""

from __future__ import annotations

from claudios.agent.sessions.shim_client import Room
from claudios.protocol.messages import AgentError

CODE = "no_room"
_MIB = 1024 * 1024
_TOLD = {
    "low": "{used} of its output wait here to be delivered, of {most} that may. Check the link to the server.",
    "held": "{used} of its output wait here to be delivered, of {most} that may. Its turn was interrupted, and what is "
    "sent to it waits. Check the link to the server, or raise `spoolMaxBytes`.",
    "full": "The disk under its spool takes nothing. Its turn was interrupted, and what is sent to it waits. "
    "Free some space.",
    "dropping": "There is no room for its output, which is dropped: its transcript will say how much. Free some space, "
    "check the link to the server, or raise `spoolMaxBytes`.",
}


def shortage(session_id: str, room: Room) -> AgentError:
    """Return what to say of a session's room; `resolved` when all is well."""
    text = _TOLD.get(room.space)
    if text is None:
        return AgentError(code=CODE, message="There is room again.", session_id=session_id, resolved=True)
    used, most = f"{room.size_bytes // _MIB} MiB", f"{room.max_bytes // _MIB} MiB"
    return AgentError(code=CODE, message=text.format(used=used, most=most), session_id=session_id)
