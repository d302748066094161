"""What was said outside of ClaudiOS, put at the beginning of the log of the session that goes on with it."""

from __future__ import annotations

from pathlib import Path

from claudios.agent.conversations.kept import Kept
from claudios.agent.output.beginning import write_beginning
from claudios.agent.sessions.aftermath import IMPORTED
from claudios.protocol.conversations import MAX_IMPORT_BYTES, FindConversation
from claudios.protocol.messages import Fork, StartSession

SPOOL_SHARE = 4
"""An import takes at most this part of a session's spool, so that there is room for what Claude says."""


def record_earlier(kept: Kept, spool_max_bytes: int, spool: Path, start: StartSession) -> int:
    """Write what was said in the conversation that a start goes on with; return the number of the last frame.

    Raises NotFound, Conflict, OSError, and then nothing is written.
    """
    assert isinstance(start.resume, Fork)
    most_bytes = min(MAX_IMPORT_BYTES, spool_max_bytes // SPOOL_SHARE or MAX_IMPORT_BYTES)
    found = kept.found(FindConversation(id=start.resume.of))
    event = {
        "event": IMPORTED,
        "conversation": found.id,
        "directory": found.directory,
        "modified_ms": found.modified_ms,
    }
    return write_beginning(spool, start.epoch, start.first_seq, event, kept.lines(found.id, most_bytes))
