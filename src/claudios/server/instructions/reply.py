"""What the server itself answers to Claude: that a control request is of a kind which nobody here can serve.

Without an answer the CLI waits for ever. The agent does not read what Claude says, so it is the projection that finds
such a request, and the answer is a command like a person's. Its id is made from the request's: however often the log is
folded, it is issued once.
"""

from __future__ import annotations

from uuid import UUID, uuid5

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import NotFound
from claudios.protocol.messages import Command, Input, InstructionKind, SessionState
from claudios.server.instructions import lines
from claudios.server.projections.asks import Unsupported
from claudios.server.store import instructions, issuing, sessions
from claudios.server.store.issuing import Draft

logger = structlog.get_logger(__name__)

TTL_MS = 60 * 60 * 1000


def refuse_unsupported(connection: Connection, place: sessions.Place, asked: Unsupported, now_ms: int) -> None:
    """Queue the answer to a control request of an unknown kind, once; the agent's link takes it with its next sweep."""
    answer_id = str(uuid5(UUID(place.session_id), f"unsupported {asked.epoch} {asked.request_id}"))
    is_over = place.state is SessionState.ENDED or place.epoch != asked.epoch
    if is_over or instructions.get(connection, answer_id) is not None:
        return
    line = lines.unsupported(asked.request_id, asked.subtype)
    body = Command(session_id=place.session_id, input=Input(id=answer_id, line=line)).model_dump_json(exclude_none=True)
    draft = Draft(answer_id, InstructionKind.COMMAND, place.session_id, body, now_ms + TTL_MS)
    try:
        # not limited: nobody would try it again, and Claude makes few such requests before it has an answer
        issuing.issue(connection, place.agent_id, [draft], None, now_ms, is_limited=False)
    except NotFound as problem:
        logger.warning("control_request_unanswered", session=place.session_id, problem=problem.message)
