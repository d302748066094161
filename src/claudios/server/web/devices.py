"""Device login: how `claudios login` gets an API token by the consent of somebody who is signed in on the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection
from starlette.requests import Request

from claudios.protocol.errors import Pending
from claudios.protocol.fields import Model
from claudios.server.limits import Tries
from claudios.server.store import audit, tokens
from claudios.server.store.audit import Action
from claudios.server.store.tokens import DeviceLogin
from claudios.server.web.accounts import address_of
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, Code
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("device login", "/auth/device")

UserCode = Annotated[str, Path(pattern=r"^[A-Z]{4}-[A-Z]{4}$")]


class StartedDeviceLogin(Model):
    """The secret that the program keeps, and the code that a person compares and approves on the page."""

    device_code: str
    user_code: str
    expires_ms: int


class DeviceCode(Body):
    device_code: Code


class DeviceToken(Model):
    """The API token, shown once."""

    token: str


@router.post("", operation_id="start_device_login", status_code=201)
async def start_device_login(request: Request, parts: WithParts) -> StartedDeviceLogin:
    """Begin: the program shows the user code and asks for the token until somebody has approved."""
    address = address_of(request)
    parts.limits.register_by_address.take(address)
    now = parts.now_ms()
    code, login = await parts.store.write(lambda connection: tokens.start_device_login(connection, address, now))
    return StartedDeviceLogin(device_code=code, user_code=login.user_code, expires_ms=login.expires_ms)


@router.post("/token", operation_id="finish_device_login")
async def finish_device_login(body: DeviceCode, request: Request, parts: WithParts) -> DeviceToken:
    """Fetch the token: 409 `pending` until somebody has approved, 410 `expired` when it is too late."""
    tries = Tries((parts.limits.code_by_address, address_of(request)))
    tries.take()
    now = parts.now_ms()

    def finish(connection: Connection) -> str:
        user, token = tokens.finish_device_login(connection, body.device_code, now)
        audit.write(connection, now_ms=now, actor=user.username, action=Action.TOKEN_CREATED, target=token.name)
        return token.token

    try:
        token = await parts.store.write(finish)
    except Pending:
        tries.give_back()
        raise
    tries.give_back()
    return DeviceToken(token=token)


@router.get("/{user_code}", operation_id="get_device_login")
async def get_device_login(user_code: UserCode, parts: WithParts, _caller: SignedIn) -> DeviceLogin:
    """Show who asks to be signed in."""
    now = parts.now_ms()
    return await parts.store.read(lambda connection: tokens.device_login(connection, user_code, now))


@router.post("/{user_code}/approve", operation_id="approve_device_login")
async def approve_device_login(user_code: UserCode, parts: WithParts, caller: SignedIn) -> DeviceLogin:
    """Let the program that shows this code act as you."""
    now = parts.now_ms()

    def approve(connection: Connection) -> DeviceLogin:
        login = tokens.approve_device_login(connection, caller.user_id, user_code, now)
        audit.write(
            connection, now_ms=now, actor=caller.username, action=Action.DEVICE_APPROVED, detail=f"from {login.address}"
        )
        return login

    return await parts.store.write(approve)
