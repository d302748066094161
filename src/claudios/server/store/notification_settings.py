"""What a person wants to be told, and when not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from claudios.protocol.fields import Model
from claudios.server.store.tables import members, muted_projects, notification_settings

DAY_MINUTES = 24 * 60


class Kind(StrEnum):
    """What is told: a session waits for a person, finished a turn, ended, failed, or says nothing while it works."""

    WAITS = "waits"
    FINISHED = "finished"
    ENDED = "ended"
    FAILED = "failed"
    SILENT = "silent"
    TEST = "test"


class NotificationSettings(Model):
    """What a person wants to be told: of which kinds, after how long, and not from one minute of the day until another.

    `only_mine` leaves out sessions that others began; `muted_projects` are not told of at all. A session is silent when
    it has worked for `silent_minutes` without a word.
    """

    waits: bool = True
    finished: bool = True
    ended: bool = True
    failed: bool = True
    silent: bool = False
    silent_minutes: int = 15
    only_mine: bool = False
    delay_seconds: int = 10
    quiet_from: int | None = None
    quiet_until: int | None = None
    time_zone: str = "UTC"
    muted_projects: tuple[str, ...] = ()

    def wants(self, kind: Kind) -> bool:
        """Say whether a person wants to be told of this kind."""
        return kind is Kind.TEST or getattr(self, kind.value)


def get(connection: Connection, user_id: str) -> NotificationSettings:
    """Return a person's settings; the defaults where they never chose."""
    muted = connection.execute(
        select(muted_projects.c.project_id).where(muted_projects.c.user_id == user_id).order_by("project_id")
    ).scalars()
    row = connection.execute(select(notification_settings).where(notification_settings.c.user_id == user_id)).mappings()
    found = row.first()
    chosen = {} if found is None else {name: value for name, value in found.items() if name != "user_id"}
    return NotificationSettings.model_validate({**chosen, "muted_projects": tuple(muted)})


def put(connection: Connection, user_id: str, new: NotificationSettings) -> NotificationSettings:
    """Keep a person's settings. Projects that they are no member of are left out of the muted ones."""
    connection.execute(delete(notification_settings).where(notification_settings.c.user_id == user_id))
    connection.execute(
        insert(notification_settings).values(user_id=user_id, **new.model_dump(exclude={"muted_projects"}))
    )
    connection.execute(delete(muted_projects).where(muted_projects.c.user_id == user_id))
    theirs = connection.execute(
        select(members.c.project_id).where(
            members.c.user_id == user_id, members.c.project_id.in_(list(new.muted_projects))
        )
    ).scalars()
    rows = [{"user_id": user_id, "project_id": project_id} for project_id in theirs]
    if rows:
        connection.execute(insert(muted_projects), rows)
    return get(connection, user_id)


def quiet_until_ms(settings: NotificationSettings, now_ms: int) -> int | None:
    """Return when the quiet hours end that it is now; None when it is not quiet."""
    if settings.quiet_from is None or settings.quiet_until is None or settings.quiet_from == settings.quiet_until:
        return None
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(settings.time_zone))
    minute = now.hour * 60 + now.minute
    is_quiet = (minute - settings.quiet_from) % DAY_MINUTES < (settings.quiet_until - settings.quiet_from) % DAY_MINUTES
    if not is_quiet:
        return None
    hour, rest = divmod(settings.quiet_until, 60)
    ends = now.replace(hour=hour, minute=rest, second=0, microsecond=0)
    if ends <= now:
        ends = (now + timedelta(days=1)).replace(hour=hour, minute=rest, second=0, microsecond=0)
    return int(ends.timestamp() * 1000)
