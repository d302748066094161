"""Links that answer one request, once: whoever holds one answers in the name of the person whom it was sent to."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request as HttpRequest

from claudios.protocol.errors import NotFound
from claudios.server.instructions import accept
from claudios.server.instructions.accept import Accepted, Asker, Decision
from claudios.server.limits import Tries
from claudios.server.store import answer_links, audit, projects, sessions
from claudios.server.store.answer_links import AnswerLink
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.store.requests import Request
from claudios.server.web.accounts import Nothing, address_of
from claudios.server.web.fields import Body, Code
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("requests", "/answer-links")


class LinkUse(Body):
    """The secret of a link, from a notification."""

    secret: Code


@router.post("", operation_id="use_answer_link")
async def use_answer_link(body: LinkUse, request: HttpRequest, parts: WithParts, data: WithDataPath) -> Nothing:
    """Answer a request by the link in a notification: 410 `expired` where it was used, or is an hour old."""
    tries = Tries((parts.limits.answer_by_address, address_of(request)))
    tries.take()
    now = parts.now_ms()
    used: list[AnswerLink] = []

    def work(connection: Connection) -> Accepted[Request]:
        link = answer_links.use(connection, body.secret, now)
        place = sessions.place(connection, link.session_id)
        if place is None:
            raise NotFound
        projects.require_role(connection, link.user_id, place.project_id, Role.OPERATOR)
        asker = Asker(link.user_id, link.username)
        answered = accept.answer(connection, place, link.request_id, Decision(link.behavior), asker, now)
        audit.write(
            connection,
            now_ms=now,
            actor=link.username,
            action=Action.REQUEST_ANSWERED_BY_LINK,
            target=link.session_id,
            detail=f"{link.behavior}: {answered.answer.tool_name}",
            project_id=place.project_id,
        )
        used[:] = [link]
        return answered

    await data.mailbox.accept(work)
    tries.give_back()
    data.projector.answered_by(used[0].session_id, used[0].request_id, used[0].username)
    return Nothing()
