"""What is to be told of a session, put into the outbox in the transaction in which it happens.

One row for each channel: of the project's members who want to be told, and the project's webhooks. Its key names what
it is about, so that it is put there once, however often the log is folded. Whether it is still so is asked when it is
due.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, String, cast, exists, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from claudios.protocol.ids import new_id
from claudios.protocol.messages import EndReason, Machine, SessionState
from claudios.server.projections.life import Life
from claudios.server.projections.shapes import is_whole
from claudios.server.store import dead_webhooks, notification_settings
from claudios.server.store.channels import Way
from claudios.server.store.notification_settings import Kind, NotificationSettings
from claudios.server.store.projects import Role
from claudios.server.store.requests import NewRequest
from claudios.server.store.tables import agents, channels, members, muted_projects, notifications, sessions
from claudios.server.store.tables import notification_settings as notification_table

MAX_CHARACTERS = 600
MAX_ANSWERABLE_CHARACTERS = 120
MAX_ANSWERABLE_LINES = 2
"""What every phone shows of a notification before it is opened: who answers from it has seen no more."""
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol by their category, and blank all the same: fillers of Hangul, and the empty Braille pattern."""
_RUN = re.compile(r"\s{2}|[^\S\n ]")
"""White space that may push what follows it out of sight."""
WEBHOOKS = "webhooks"
WEBHOOK_MINUTES = 15
"""How long a session that works may say nothing until webhooks tell of it."""
SETTLE_MS = 3_000
"""How long a session must have rested before it is told that it finished: what waits for Claude begins by then."""

_ENDINGS: Mapping[EndReason | None, tuple[Kind, str]] = {
    EndReason.EXITED: (Kind.ENDED, "The session has ended."),
    EndReason.TERMINATED: (Kind.ENDED, "The session was terminated."),
    EndReason.FAILED: (Kind.FAILED, "The session failed."),
    EndReason.LOST: (Kind.FAILED, "The session was lost with its machine."),
}


@dataclass(frozen=True, slots=True)
class Silence:
    """A session that works and says nothing: since which position, for how many minutes, and who is told of it."""

    session_id: str
    last_seq: int
    minutes: int
    to: str


@dataclass(frozen=True, slots=True)
class _News:
    """What is told: `about` names it within its session. `shows_all` says that its text is all that one decides on."""

    kind: Kind
    about: str
    text: str
    request_id: str | None = None
    shows_all: bool = False


def asked(
    connection: Connection, session_id: str, request: NewRequest, now_ms: int, *, after: str | None = None
) -> None:
    """Tell that a session asks something of a person; again where the answer of the instruction `after` was lost."""
    text, shows_all = _of_request(request)
    is_seen = shows_all and _is_seen(request, text, _directory(connection, session_id))
    news = _News(
        Kind.WAITS,
        f"request {request.request_id}" if after is None else f"request {request.request_id} after {after}",
        text,
        request.request_id,
        is_seen and request.kind == "permission",
    )
    _put(connection, session_id, news, now_ms)


def waits(connection: Connection, session_id: str, position: int, now_ms: int) -> None:
    """Tell that Claude waits for a person on its own screen, at this position of the log; not of earlier times."""
    _withdraw_earlier(connection, session_id, Kind.WAITS, now_ms, notifications.c.request_id.is_(None))
    _put(connection, session_id, _News(Kind.WAITS, f"screen {position}", "Claude waits for you."), now_ms)


def finished(connection: Connection, session_id: str, turns: int, said: str | None, now_ms: int) -> None:
    """Tell that Claude has finished its turn; a person is not told of an earlier one any more."""
    _withdraw_earlier(connection, session_id, Kind.FINISHED, now_ms)
    text = f"Claude has finished: {said}" if said else "Claude has finished."
    _put(connection, session_id, _News(Kind.FINISHED, f"turn {turns}", text), now_ms, least_delay_ms=SETTLE_MS)


def ended(connection: Connection, session_id: str, life: Life, now_ms: int) -> None:
    """Tell that a session has ended, or that it failed."""
    kind, text = _ENDINGS.get(life.reason, _ENDINGS[EndReason.EXITED])
    if kind is Kind.FAILED and life.detail:
        text = f"{text} {life.detail}"
    _put(connection, session_id, _News(kind, _end(life.epoch), text), now_ms)


def end_was_none(connection: Connection, session_id: str, epoch: int, now_ms: int) -> None:
    """Take back that an epoch has ended: who was not told yet is not, and its real end is told of when it comes."""
    its = (notifications.c.session_id == session_id, notifications.c.dedupe_key == f"{session_id} {_end(epoch)}")
    withdrawn = update(notifications).where(*its, notifications.c.state == "pending")
    connection.execute(withdrawn.values(state="withdrawn", done_ms=now_ms))
    connection.execute(
        update(notifications).where(*its).values(dedupe_key=notifications.c.dedupe_key + " " + notifications.c.id)
    )


def silent(connection: Connection, now_ms: int) -> list[Silence]:
    """Return what silence nobody was told of yet: as long as each person allows, or WEBHOOK_MINUTES for webhooks."""
    key = sessions.c.id + " silence " + cast(sessions.c.last_seq, String)
    is_told = exists().where(notifications.c.channel_id == channels.c.id, notifications.c.dedupe_key == key)
    works = (sessions.c.state == SessionState.RUNNING.value, sessions.c.activity == "working", ~is_told)
    is_muted = exists().where(
        muted_projects.c.user_id == channels.c.user_id, muted_projects.c.project_id == sessions.c.project_id
    )
    minutes = notification_table.c.silent_minutes
    people = connection.execute(
        select(sessions.c.id, sessions.c.last_seq, minutes, channels.c.user_id)
        .join(members, members.c.project_id == sessions.c.project_id)
        .join(notification_table, notification_table.c.user_id == members.c.user_id)
        .join(channels, channels.c.user_id == members.c.user_id)
        .where(*works, sessions.c.updated_ms + minutes * 60_000 <= now_ms)
        .where(notification_table.c.silent, ~is_muted)
        .where(or_(~notification_table.c.only_mine, sessions.c.created_by == members.c.user_id))
        .distinct()
    )
    hooked = connection.execute(
        select(sessions.c.id, sessions.c.last_seq)
        .join(channels, channels.c.project_id == sessions.c.project_id)
        .where(*works, sessions.c.updated_ms <= now_ms - WEBHOOK_MINUTES * 60_000, ~dead_webhooks.is_stopped())
        .distinct()
    )
    return [
        *(Silence(*row) for row in people),
        *(Silence(row.id, row.last_seq, WEBHOOK_MINUTES, WEBHOOKS) for row in hooked),
    ]


def silences(connection: Connection, found: Sequence[Silence], now_ms: int) -> None:
    """Tell of sessions that say nothing."""
    for each in found:
        text = f"Claude works, and has said nothing for {each.minutes} minutes."
        news = _News(Kind.SILENT, f"silence {each.last_seq}", text)
        _put(connection, each.session_id, news, now_ms, to=each.to)


def test(connection: Connection, channel_id: str, now_ms: int) -> str:
    """Put a notification into the outbox that shows that a channel works; return its id."""
    row = _row(channel_id, _News(Kind.TEST, new_id("tst"), "Notifications arrive here."), "ClaudiOS", None, now_ms)
    connection.execute(insert(notifications).values(row))
    return str(row["id"])


def _end(epoch: int) -> str:
    return f"end {epoch}"


def _withdraw_earlier(
    connection: Connection, session_id: str, kind: Kind, now_ms: int, *which: ColumnElement[bool]
) -> None:
    """Let people not be told of what came before, and was not sent yet; a webhook is told of each."""
    connection.execute(
        update(notifications)
        .where(
            notifications.c.session_id == session_id,
            notifications.c.kind == kind.value,
            notifications.c.state == "pending",
            notifications.c.attempts == 0,
            notifications.c.channel_id.in_(select(channels.c.id).where(channels.c.kind != Way.WEBHOOK.value)),
            *which,
        )
        .values(state="withdrawn", done_ms=now_ms)
    )


def _put(
    connection: Connection,
    session_id: str,
    news: _News,
    now_ms: int,
    *,
    least_delay_ms: int = 0,
    to: str | None = None,
) -> None:
    """Put news into the outbox: for everybody, for one person, or for the WEBHOOKS."""
    session = connection.execute(
        select(sessions.c.project_id, sessions.c.title, sessions.c.created_by, agents.c.name)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(sessions.c.id == session_id)
    ).one()
    people = connection.execute(
        select(channels.c.id, channels.c.kind, channels.c.user_id, members.c.role)
        .join(members, members.c.user_id == channels.c.user_id)
        .where(members.c.project_id == session.project_id)
    )
    hooks = connection.execute(
        select(channels.c.id, channels.c.kind, channels.c.user_id, null().label("role")).where(
            channels.c.project_id == session.project_id, ~dead_webhooks.is_stopped()
        )
    )
    ways: list[Row[*tuple[Any, ...]]] = [*people, *hooks]
    if not ways:
        return
    title = session.title or f"Session on {session.name}"
    wanted: dict[str, NotificationSettings] = {}
    rows = []
    for way in ways:
        if to not in (None, way.user_id or WEBHOOKS):
            continue
        due_ms, is_answerable = now_ms, False
        if way.kind != Way.WEBHOOK.value:
            settings = wanted.get(way.user_id)
            if settings is None:
                settings = wanted[way.user_id] = notification_settings.get(connection, way.user_id)
            if not _is_wanted(settings, news.kind, session, way.user_id):
                continue
            due_ms = now_ms + max(settings.delay_seconds * 1000, least_delay_ms)
            is_answerable = news.shows_all and Role(way.role).covers(Role.OPERATOR)
        rows.append(
            {
                **_row(way.id, news, title, session_id, now_ms),
                "due_ms": due_ms,
                "is_answerable": is_answerable,
            }
        )
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(
            dialect.insert(notifications).on_conflict_do_nothing(index_elements=["channel_id", "dedupe_key"]), rows
        )


def _is_wanted(settings: NotificationSettings, kind: Kind, session: Row[*tuple[Any, ...]], user_id: str) -> bool:
    if not settings.wants(kind) or session.project_id in settings.muted_projects:
        return False
    return not settings.only_mine or session.created_by == user_id


def _row(channel_id: str, news: _News, title: str, session_id: str | None, now_ms: int) -> dict[str, object]:
    return {
        "id": new_id("ntf"),
        "channel_id": channel_id,
        "dedupe_key": f"{session_id or ''} {news.about}",
        "kind": news.kind.value,
        "session_id": session_id,
        "request_id": news.request_id,
        "is_answerable": False,
        "title": visible(title),
        "text": clipped(visible(news.text)),
        "state": "pending",
        "due_ms": now_ms,
        "attempts": 0,
        "created_ms": now_ms,
    }


def _of_request(request: NewRequest) -> tuple[str, bool]:
    """Return what is asked, and whether that is all of it, exactly as it is."""
    if request.kind == "question":
        return "Claude asks you a question.", False
    if request.kind == "plan":
        return "Claude proposes a plan.", False
    wanted = orjson.loads(request.input)
    lines = [f"{request.title}:"]
    for name, value in wanted.items():
        if request.tool_name == "Bash" and name == "description":
            continue  # Claude's words for the command, which nothing runs
        written = value if isinstance(value, str) else orjson.dumps(value).decode()
        lines.append(written if name == "command" else f"{name}: {written}")
    whole = "\n".join(lines)
    shown = clipped(visible(whole))
    return shown, shown == whole and is_whole(wanted)


def _is_seen(request: NewRequest, text: str, directory: str | None) -> bool:
    """Say whether a person sees all of it in a notification, and needs to know nothing more to answer."""
    return (
        len(text) <= MAX_ANSWERABLE_CHARACTERS
        and text.count("\n") < MAX_ANSWERABLE_LINES
        and _RUN.search(text) is None
        and _is_within(request.blocked_path, directory)
        and (request.subagent, request.mcp_server) == (None, None)
    )


def _directory(connection: Connection, session_id: str) -> str | None:
    """Return where a session works: in its own directory, or else in its agent's."""
    row = connection.execute(
        select(sessions.c.directory, agents.c.machine)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(sessions.c.id == session_id)
    ).one()
    named: str | None = row.directory
    if named is not None or row.machine is None:
        return named
    return Machine.model_validate_json(row.machine).default_directory


def _is_within(path: str | None, directory: str | None) -> bool:
    """Say whether a path is below the session's directory, where Claude is expected to work, or there is none."""
    if path is None or directory is None:
        return path is None
    return posixpath.normpath(path) == path and path.startswith(directory.rstrip("/") + "/")


def visible(text: str) -> str:
    """Return a text in which every character that hides or moves others is named, such as ⟨U+202E⟩."""
    return "".join(
        letter
        if letter in "\n\t"
        or (letter not in _UNSEEN and unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp", "Cs"))
        else f"⟨U+{ord(letter):04X}⟩"
        for letter in text[: 2 * MAX_CHARACTERS]
    )


def clipped(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
