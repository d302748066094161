"""What a session's Claude offers, what is set while it runs (model, permission mode, effort), and ending its tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from claudios.protocol.messages import PermissionMode
from claudios.server.instructions import accept
from claudios.server.instructions.accept import Accepted
from claudios.server.store import offers
from claudios.server.store.instructions import Instruction
from claudios.server.store.offers import Offers
from claudios.server.store.sessions import Effort
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import Setting, WithDataPath, asker, require_operator, seen_session

router = api_router("sessions")


class ModelSetting(Body):
    """Another model from the next turn on; `default` is the CLI's own choice."""

    setting: Literal["model"]
    value: Setting


class PermissionModeSetting(Body):
    """Another permission mode, at once."""

    setting: Literal["permission_mode"]
    value: PermissionMode


class EffortSetting(Body):
    """Another effort from the next turn on."""

    setting: Literal["effort"]
    value: Effort


AnySetting = Annotated[ModelSetting | PermissionModeSetting | EffortSetting, Field(discriminator="setting")]


@router.get("/sessions/{session_id}/offers", operation_id="get_offers")
async def get_offers(session_id: PathId, parts: WithParts, caller: SignedIn) -> Offers:
    """Return the slash commands and models that the session's Claude named when it started; empty before."""

    def look(connection: Connection) -> Offers:
        seen_session(connection, caller, session_id)
        return offers.of_session(connection, session_id)

    return await parts.store.read(look)


@router.post("/sessions/{session_id}/tasks/{task_id}/stop", operation_id="stop_task", status_code=201)
async def stop_task(
    session_id: PathId, task_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Stop what a session's Claude runs in the background; the transcript says when it has ended."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        return accept.stop_task(connection, place, task_id, asker(caller), now)

    return await data.mailbox.accept(work)


@router.post("/sessions/{session_id}/settings", operation_id="change_setting", status_code=201)
async def change_setting(
    session_id: PathId, body: AnySetting, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Instruction:
    """Have a running Claude use another model, permission mode or effort. The transcript says when it does."""
    now = parts.now_ms()

    def work(connection: Connection) -> Accepted[Instruction]:
        place = require_operator(connection, caller, session_id)
        return accept.change_setting(connection, place, body.setting, body.value, asker(caller), now)

    return await data.mailbox.accept(work)
