"""Accounts: register, sign in and out, use a sign-in link, change one's own account."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address, IPv6Network

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from claudios.protocol.errors import Forbidden, InputInvalid, NotSignedIn, TooMany
from claudios.protocol.fields import Model
from claudios.server.bus.topics import ACCESS
from claudios.server.config import Registration
from claudios.server.limits import Tries
from claudios.server.store import accounts, audit, projects, tokens
from claudios.server.store.accounts import User
from claudios.server.store.audit import Action
from claudios.server.web.auth import OptionalCaller, SignedIn, clear_cookie, require_login, set_cookie
from claudios.server.web.fields import AnyName, AnyPassword, Body, Code, Password, Username
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router

router = api_router("accounts")

WRONG = "The username or the password is wrong. Check both; an account without a password signs in by a link."
TOO_OFTEN = "Too many attempts to sign in. Wait, or use a sign-in link, or a device where you are signed in."


class Nothing(Model):
    """An empty answer."""


class Register(Body):
    """A new account. `invitation` is the code of an invitation to a project."""

    username: Username
    password: Password
    invitation: Code | None = None


class SignIn(Body):
    username: AnyName
    password: AnyPassword


class Link(Body):
    """The code of a sign-in link: what follows the # in its address."""

    code: Code


class Change(Body):
    """What to change of one's account; a password, where there is one, must be given to change name or password."""

    username: Username | None = None
    password: Password | None = None
    current_password: AnyPassword | None = None


@router.post("/auth/register", operation_id="register", status_code=201)
async def register(body: Register, request: Request, response: Response, parts: WithParts) -> User:
    """Make an account and sign in: the first one owns the server, later ones need an invitation unless it is open."""
    parts.limits.register_by_address.take(address_of(request))
    now = parts.now_ms()
    await parts.store.read(lambda connection: _require_may_register(connection, parts, body))
    hashed = await parts.passwords.hash(body.password)

    def create(connection: Connection) -> tuple[User, str]:
        _require_may_register(connection, parts, body)
        user = accounts.create(connection, body.username, hashed, now)
        audit.write(connection, now_ms=now, actor=user.username, action=Action.REGISTERED, detail=address_of(request))
        if body.invitation is not None:
            joined = projects.accept_invitation(connection, user.id, body.invitation, now)
            audit.write(
                connection,
                now_ms=now,
                actor=user.username,
                action=Action.JOINED,
                target=joined.name,
                project_id=joined.id,
            )
        return user, accounts.start_login(connection, user.id, now, **_where(request))

    user, secret = await parts.store.write(create)
    set_cookie(response, parts.config, secret)
    return user


@router.post("/auth/sign-in", operation_id="sign_in")
async def sign_in(body: SignIn, request: Request, response: Response, parts: WithParts, caller: OptionalCaller) -> User:
    """Sign in with a password. After several failures from an address, or for an account, one must wait."""
    address, name = address_of(request), accounts.username_key(body.username)
    proof = await parts.store.read(lambda connection: accounts.by_username(connection, body.username))
    # Somebody who is signed in as this account on this device is the owner, not who guesses: the account's limit,
    # which a stranger can exhaust, does not hold them up.
    is_own = caller is not None and proof is not None and caller.user_id == proof.user.id
    # Taken before the slow check, or many guesses at once would all pass before the first of them counts.
    limits = [(parts.limits.sign_in_by_address, address)]
    if not is_own:
        limits.append((parts.limits.sign_in_by_account, name))
    tries = Tries(*limits)
    try:
        tries.take()
    except TooMany as slow_down:
        raise TooMany(TOO_OFTEN, slow_down.retry_after_seconds) from slow_down
    try:
        is_right = await parts.passwords.is_right(body.password, proof.password_hash if proof else None)
    except TooMany:
        tries.give_back()  # nothing was tried
        raise
    now = parts.now_ms()
    if proof is None or not is_right:
        if is_own:
            parts.limits.sign_in_by_account.spend(name)
        await parts.store.write(
            lambda connection: audit.write(
                connection, now_ms=now, actor=address, action=Action.SIGN_IN_FAILED, target=body.username[:64]
            )
        )
        raise NotSignedIn(WRONG)
    tries.give_back()
    return await _start_login(parts, request, response, proof.user, "password")


@router.post("/auth/sign-out", operation_id="sign_out")
async def sign_out(response: Response, parts: WithParts, caller: OptionalCaller) -> Nothing:
    """Sign this browser out, or end the API token that asks. Does no harm to who is not signed in."""
    if caller is not None:
        now = parts.now_ms()

        def end(connection: Connection) -> None:
            end_secret = accounts.end_login if caller.by == "login" else tokens.end
            end_secret(connection, caller.secret_hash)
            audit.write(connection, now_ms=now, actor=caller.username, action=Action.SIGNED_OUT)

        await parts.store.write(end)
        parts.credentials.forget()
        parts.bus.publish(ACCESS, caller.user_id)
    clear_cookie(response, parts.config)
    return Nothing()


@router.post("/auth/link", operation_id="use_sign_in_link")
async def use_sign_in_link(body: Link, request: Request, response: Response, parts: WithParts) -> User:
    """Sign in with the code of a sign-in link, which works once and not for long."""
    tries = Tries((parts.limits.code_by_address, address_of(request)))
    tries.take()
    now = parts.now_ms()
    user = await parts.store.write(lambda connection: accounts.use_sign_in_link(connection, body.code, now))
    tries.give_back()
    return await _start_login(parts, request, response, user, "link")


@router.get("/me", operation_id="get_me")
async def get_me(parts: WithParts, caller: SignedIn) -> User:
    """Return one's own account."""
    return await parts.store.read(lambda connection: accounts.get(connection, caller.user_id))


@router.patch("/me", operation_id="change_me")
async def change_me(body: Change, parts: WithParts, caller: SignedIn) -> User:
    """Change one's username or password. A new password ends all other logins."""
    if body.username is None and body.password is None:
        raise InputInvalid("Nothing to change was given. Give `username` or `password`.")
    require_login(caller, "change the account")
    await _require_current_password(parts, caller.user_id, body.current_password)
    hashed = None if body.password is None else await parts.passwords.hash(body.password)
    now = parts.now_ms()

    def change(connection: Connection) -> User:
        user = accounts.change(connection, caller.user_id, username=body.username, password_hash=hashed)
        if hashed is not None:
            accounts.end_other_logins(connection, caller.user_id, caller.secret_hash)
        what = " and ".join(name for name in ("username", "password") if getattr(body, name) is not None)
        audit.write(connection, now_ms=now, actor=user.username, action=Action.ACCOUNT_CHANGED, detail=what)
        return user

    user = await parts.store.write(change)
    parts.credentials.forget()
    parts.bus.publish(ACCESS, caller.user_id)
    return user


def address_of(request: Request) -> str:
    """Return the address of who asks, cut to the network of one household for IPv6 (/64)."""
    host = request.client.host if request.client else "unknown"
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


def _where(request: Request) -> dict[str, str | None]:
    """Return what is kept with a login, so that its person knows it again."""
    return {"device": request.headers.get("user-agent"), "address": address_of(request)}


def _require_may_register(connection: Connection, parts: Parts, body: Register) -> None:
    if parts.config.registration is Registration.OPEN or not accounts.has_any(connection):
        return
    if body.invitation is None:
        raise Forbidden("New accounts need an invitation here. Ask an owner of a project for one.")
    projects.require_invitation(connection, body.invitation, parts.now_ms())


async def _start_login(parts: Parts, request: Request, response: Response, user: User, how: str) -> User:
    now, detail = parts.now_ms(), f"{how}, from {address_of(request)}"

    def start(connection: Connection) -> str:
        audit.write(connection, now_ms=now, actor=user.username, action=Action.SIGNED_IN, detail=detail)
        return accounts.start_login(connection, user.id, now, **_where(request))

    set_cookie(response, parts.config, await parts.store.write(start))
    return user


async def _require_current_password(parts: Parts, user_id: str, given: str | None) -> None:
    proof = await parts.store.read(lambda connection: accounts.proof_of(connection, user_id))
    if proof is None or proof.password_hash is None:
        return
    tries = Tries((parts.limits.sign_in_by_account, user_id))
    tries.take()
    try:
        is_right = given is not None and await parts.passwords.is_right(given, proof.password_hash)
    except TooMany:
        tries.give_back()
        raise
    if not is_right:
        raise InputInvalid("The current password is wrong. Give the one you sign in with.", "current_password")
    tries.give_back()
