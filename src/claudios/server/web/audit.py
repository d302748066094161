"""The audit log, for those it concerns."""

from __future__ import annotations

from claudios.server.store import audit
from claudios.server.store.audit import AuditEntry
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Limited
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("audit")


@router.get("/audit", operation_id="list_audit")
async def list_audit(parts: WithParts, caller: SignedIn, limit: Limited = 200) -> list[AuditEntry]:
    """List what happened, newest first: everything for the server's owner, else that of the projects you own."""
    return await parts.store.read(
        lambda connection: audit.newest(connection, caller.user_id, sees_all=caller.is_owner, limit=limit)
    )
