"""API tokens of the signed-in person."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.server.bus.topics import ACCESS
from claudios.server.store import audit, tokens
from claudios.server.store.audit import Action
from claudios.server.store.tokens import ApiToken, NewApiToken
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, Name, PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("API tokens", "/tokens")


class TokenName(Body):
    name: Name


@router.get("", operation_id="list_tokens")
async def list_tokens(parts: WithParts, caller: SignedIn) -> list[ApiToken]:
    """List your API tokens, newest first."""
    return await parts.store.read(lambda connection: tokens.of_user(connection, caller.user_id))


@router.post("", operation_id="create_token", status_code=201)
async def create_token(body: TokenName, parts: WithParts, caller: SignedIn) -> NewApiToken:
    """Create an API token; it is shown in this answer and never again."""
    now = parts.now_ms()

    def create(connection: Connection) -> NewApiToken:
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.TOKEN_CREATED, target=body.name)
        return tokens.create(connection, caller.user_id, body.name, now)

    return await parts.store.write(create)


@router.delete("/{token_id}", operation_id="revoke_token")
async def revoke_token(token_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Revoke an API token; it stops working with this answer."""
    now = parts.now_ms()

    def revoke(connection: Connection) -> None:
        gone = tokens.revoke(connection, caller.user_id, token_id)
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.TOKEN_REVOKED, target=gone.name)

    await parts.store.write(revoke)
    parts.credentials.forget()
    parts.bus.publish(ACCESS, caller.user_id)
    return Nothing()
