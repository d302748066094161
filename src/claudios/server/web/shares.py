"""Links by which somebody without an account reads one transcript: made and withdrawn by owners, and opened by anybody.

A link's code stands in the fragment of its URL and in bodies, never in an address that is sent or logged.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request

from claudios.protocol.fields import Model
from claudios.protocol.ids import secret_hash
from claudios.protocol.messages import Mode, SessionState
from claudios.server.data_path import DataPath
from claudios.server.limits import Tries
from claudios.server.projections.items import Entry
from claudios.server.store import audit, items, sessions, shares
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.store.shares import Share
from claudios.server.web.accounts import Nothing, address_of
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Body, Code, PathId
from claudios.server.web.parts import Parts, WithParts, url_of
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, seen_session
from claudios.server.web.transcripts import Item, item_of

router = api_router("shares")

ITEMS_AT_ONCE = 500
PIECE_CHARACTERS = 1024 * 1024
BUSY = "Too many are reading this transcript just now. Try again in a moment."
BUSY_FOR_YOU = "Several shared transcripts are being read from your address. Try again in a moment."


class ShareRequest(Body):
    """For how many days it works."""

    days: Annotated[int, Field(ge=1, le=90, strict=True)] = 7


class NewShare(Share):
    """A link as it is shown once; the code stands in the URL's fragment, which browsers send to nobody."""

    code: str
    url: str


class SharedRequest(Body):
    """A link's code, and the item after which to go on."""

    code: Code
    after: Annotated[int, Field(ge=0, le=2**31, strict=True)] = 0


class Shared(Model):
    """A piece of a shared transcript, from its beginning on, without its images; `has_more` asks for the next."""

    title: str
    state: SessionState
    mode: Mode
    model: str | None
    created_ms: int
    expires_ms: int
    items: tuple[Item, ...]
    has_more: bool


@router.get("/sessions/{session_id}/shares", operation_id="list_shares")
async def list_shares(session_id: PathId, parts: WithParts, caller: SignedIn) -> list[Share]:
    """List the links to a session's transcript that work."""
    now = parts.now_ms()

    def look(connection: Connection) -> list[Share]:
        seen_session(connection, caller, session_id, Role.OWNER)
        return shares.of_session(connection, session_id, now)

    return await parts.store.read(look)


@router.post("/sessions/{session_id}/shares", operation_id="create_share", status_code=201)
async def create_share(
    session_id: PathId, body: ShareRequest, request: Request, parts: WithParts, caller: SignedIn
) -> NewShare:
    """Make a link by which anybody who has it reads the transcript; the code is in this answer and never again."""
    now = parts.now_ms()

    def share(connection: Connection) -> tuple[str, Share]:
        found = seen_session(connection, caller, session_id, Role.OWNER)
        code, made = shares.create(connection, session_id, caller.user_id, body.days, now)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.SHARED,
            target=session_id,
            detail=f"{made.id}, for {body.days} {'day' if body.days == 1 else 'days'}",
            project_id=found.project_id,
        )
        return code, made

    code, made = await parts.store.write(share)
    return NewShare(**made.model_dump(), code=code, url=f"{url_of(request, parts.config)}/shared#{code}")


@router.delete("/sessions/{session_id}/shares/{share_id}", operation_id="withdraw_share")
async def withdraw_share(session_id: PathId, share_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Withdraw a link: it opens nothing from now on."""
    now = parts.now_ms()

    def withdraw(connection: Connection) -> None:
        found = seen_session(connection, caller, session_id, Role.OWNER)
        shares.withdraw(connection, session_id, share_id)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.SHARE_WITHDRAWN,
            target=session_id,
            detail=share_id,
            project_id=found.project_id,
        )

    await parts.store.write(withdraw)
    return Nothing()


@router.post("/shared", operation_id="read_shared")
async def read_shared(body: SharedRequest, request: Request, parts: WithParts, data: WithDataPath) -> Shared:
    """Return a piece of the transcript that a link is to. Needs no account; 410 where the link opens nothing."""
    address, limits = address_of(request), parts.limits
    with limits.shared_by_address.one(address), limits.shared_by_link.one(secret_hash(body.code).hex()):
        return await _read_shared(body, address, parts, data)


async def _read_shared(body: SharedRequest, address: str, parts: Parts, data: DataPath) -> Shared:
    guess = Tries((parts.limits.code_by_address, address))
    Tries((parts.limits.code_by_address, address), (parts.limits.pieces_by_address, address)).take()
    now = parts.now_ms()
    session_id, _ = await parts.store.read(lambda connection: shares.opened(connection, body.code, now))
    guess.give_back()  # it was none; the piece still counts
    await data.projector.settle(session_id)

    def look(connection: Connection) -> Shared:
        which, expires_ms = shares.opened(connection, body.code, now)
        session = sessions.get(connection, which)
        assert session is not None  # a link goes with its session
        found, has_more = items.piece(
            connection, which, after=body.after, max_characters=PIECE_CHARACTERS, limit=ITEMS_AT_ONCE
        )
        return Shared(
            title=session.title,
            state=session.state,
            mode=session.mode,
            model=session.model,
            created_ms=session.created_ms,
            expires_ms=expires_ms,
            items=tuple(_shown(entry) for entry in found),
            has_more=has_more,
        )

    return await parts.store.read(look)


def _shown(entry: Entry) -> Item:
    """Return an item without the places of its images, which need an account."""
    shown = item_of(entry)
    return shown.model_copy(update={"body": {**shown.body, "pictures": []}}) if "pictures" in shown.body else shown
