"""Instructions as a server signs them, for tests that need no server."""

from __future__ import annotations

import json
from uuid import uuid4

from claudios.protocol.ids import AGENT_TOKEN, Token, agent_keys
from claudios.protocol.messages import (
    Body,
    Command,
    Input,
    Instruction,
    InstructionKind,
    StartSession,
    TerminateSession,
)
from claudios.protocol.signing import sign_instruction

AGENT_ID = "agt_aaaaaaaaaaaaaaaaaaaa"
KEYS = agent_keys(Token(AGENT_TOKEN, "abcdefghij", bytes(range(32))))
FOREVER_MS = 10**15

_KINDS: dict[type[Body], InstructionKind] = {
    StartSession: InstructionKind.START_SESSION,
    Command: InstructionKind.COMMAND,
    TerminateSession: InstructionKind.TERMINATE_SESSION,
}


def instruction(
    body: Body, iseq: int = 1, *, identity: str | None = None, expires_ms: int = FOREVER_MS, agent_id: str = AGENT_ID
) -> Instruction:
    """Return a signed instruction."""
    unsigned = {
        "iseq": iseq,
        "kind": _KINDS[type(body)],
        "body": body.model_dump_json(exclude_none=True),
        "issued_ms": 1,
        "expires_ms": expires_ms,
    }
    identity = identity or f"ins_{iseq}"
    signature = sign_instruction(KEYS.instruct, agent_id, instruction_id=identity, **unsigned)  # type: ignore[arg-type]
    return Instruction.model_validate({"id": identity, "signature": signature.hex(), **unsigned})


def user_line(text: str, identity: str | None = None) -> Input:
    """Return a prompt as the server composes it."""
    identity = identity or str(uuid4())
    message = {
        "type": "user",
        "message": {"role": "user", "content": text},
        "parent_tool_use_id": None,
        "session_id": "",
        "uuid": identity,
    }
    return Input(id=identity, line=json.dumps(message))
