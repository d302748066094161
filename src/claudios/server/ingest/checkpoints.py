"""Keep the checkpoints that agents send: whose signature holds is kept, also where it contradicts the log.

A checkpoint that says otherwise than the log is evidence, so it is stored and written into the audit log; `verify` then
names the place. What is not signed by a key of the agent, or takes a number a second time, is refused.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from claudios.protocol.checkpoints import verify_checkpoint
from claudios.protocol.errors import ChainBroken, Conflict, NotFound, SignatureInvalid
from claudios.protocol.messages import Checkpoint, Checkpointed
from claudios.server.ingest.verify import Source, Standing
from claudios.server.store import audit, checkpoints, log

logger = structlog.get_logger(__name__)


def keep(connection: Connection, source: Source, checkpoint: Checkpoint, now_ms: int) -> Checkpointed:
    """Keep a checkpoint if it may be kept, and return the answer. One transaction."""
    standing = log.standing(connection, checkpoint.session_id)
    problem = _refusal(connection, source, checkpoint, standing)
    answer = Checkpointed(session_id=checkpoint.session_id, n=checkpoint.n, code=problem)
    if problem is not None:
        _write_down(connection, source, audit.Action.CHECKPOINT_REFUSED, checkpoint, problem, now_ms)
        return answer
    if checkpoints.get(connection, checkpoint.session_id, checkpoint.key, checkpoint.n) is not None:
        return answer
    checkpoints.add(connection, checkpoint, now_ms)
    if standing is not None and _contradicts(checkpoint, standing):
        _write_down(connection, source, audit.Action.RECORD_CONTRADICTED, checkpoint, ChainBroken.code, now_ms)
    return answer


def _refusal(connection: Connection, source: Source, checkpoint: Checkpoint, standing: Standing | None) -> str | None:
    if standing is None or standing.agent_id != source.agent_id:
        return NotFound.code
    if checkpoint.key not in checkpoints.keys_of(connection, source.agent_id):
        return SignatureInvalid.code
    try:
        verify_checkpoint(source.agent_id, checkpoint)
    except SignatureInvalid as wrong:
        return wrong.code
    newest = checkpoints.newest(connection, checkpoint.session_id, checkpoint.key)
    if newest is None or checkpoint.n > newest.n:
        return None
    known = checkpoints.get(connection, checkpoint.session_id, checkpoint.key, checkpoint.n)
    return None if known == checkpoint else Conflict.code


def _contradicts(checkpoint: Checkpoint, standing: Standing) -> bool:
    """Say whether it names a frame that is not stored, or another head at the newest one."""
    if checkpoint.seq == standing.last_seq:
        return checkpoint.head != standing.head.hex()
    return checkpoint.seq > standing.last_seq


def _write_down(
    connection: Connection, source: Source, action: audit.Action, checkpoint: Checkpoint, code: str, now_ms: int
) -> None:
    logger.warning(action.value, agent=source.agent_id, session=checkpoint.session_id, code=code)
    audit.write_refusal(
        connection,
        now_ms=now_ms,
        actor=source.agent_id,
        action=action,
        target=checkpoint.session_id,
        detail=f"{code}: checkpoint {checkpoint.n} of frame {checkpoint.seq}",
        project_id=source.project_id,
    )
