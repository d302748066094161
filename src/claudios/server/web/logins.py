"""Where one is signed in: the devices, the way out of each, and codes that sign another device in."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.protocol.fields import Model
from claudios.server.bus.topics import ACCESS
from claudios.server.store import accounts, audit, logins
from claudios.server.store.accounts import CODE_MS
from claudios.server.store.audit import Action
from claudios.server.store.logins import Login
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn, require_login
from claudios.server.web.fields import PathId
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("accounts")


class SignInCode(Model):
    """A code that signs another device in as you, once and until `expires_ms`: what follows the # of /sign-in."""

    code: str
    expires_ms: int


@router.get("/me/logins", operation_id="list_logins")
async def list_logins(parts: WithParts, caller: SignedIn) -> list[Login]:
    """List the devices you are signed in on, the one used last first."""
    now = parts.now_ms()
    return await parts.store.read(
        lambda connection: logins.of_user(connection, caller.user_id, caller.secret_hash, now)
    )


@router.delete("/me/logins/{login_id}", operation_id="end_login")
async def end_login(login_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Sign a device out; it is refused from this answer on."""
    require_login(caller, "sign anybody in or out")
    now = parts.now_ms()

    def end(connection: Connection) -> None:
        device = logins.end(connection, caller.user_id, login_id)
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.SIGNED_OUT, detail=device or "")

    await parts.store.write(end)
    parts.credentials.forget()
    parts.bus.publish(ACCESS, caller.user_id)
    return Nothing()


@router.post("/auth/codes", operation_id="create_sign_in_code", status_code=201)
async def create_sign_in_code(parts: WithParts, caller: SignedIn) -> SignInCode:
    """Make a code with which another device signs in as you, for instance a phone that reads it off this screen."""
    require_login(caller, "sign anybody in or out")
    now = parts.now_ms()

    def create(connection: Connection) -> str:
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.SIGN_IN_CODE_CREATED)
        return accounts.create_sign_in_link(connection, caller.user_id, now, CODE_MS)

    return SignInCode(code=await parts.store.write(create), expires_ms=now + CODE_MS)
