"""What the signed-in person is told while they look elsewhere, by which ways, and what was."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from claudios.protocol.fields import Model
from claudios.server.notifying import ntfy
from claudios.server.notifying.push import Subscription
from claudios.server.store import announcements, audit, channels, notification_settings, notifications
from claudios.server.store.audit import Action
from claudios.server.store.channels import Channel, NewChannel, Way, new_channel_id
from claudios.server.store.notification_settings import DAY_MINUTES, NotificationSettings
from claudios.server.store.notifications import Notification
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import Caller, SignedIn, require_login
from claudios.server.web.fields import Body, Line, Name, PathId, TimeZone
from claudios.server.web.parts import Parts, WithParts, url_of
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("notifications", "/notifications")

MAX_DELAY_SECONDS = 60 * 60


Address = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), Line]
Base64Url = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[-_A-Za-z0-9]+=*$")]
NtfyToken = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Minute = Annotated[int, Field(strict=True, ge=0, lt=DAY_MINUTES)]


class NotificationChoices(Body):
    """What to be told, and when not. `quiet_from` and `quiet_until` are minutes of the day in `time_zone`."""

    waits: StrictBool
    finished: StrictBool
    ended: StrictBool
    failed: StrictBool
    silent: StrictBool
    silent_minutes: Annotated[int, Field(strict=True, ge=1, le=DAY_MINUTES)]
    only_mine: StrictBool
    delay_seconds: Annotated[int, Field(strict=True, ge=0, le=MAX_DELAY_SECONDS)]
    quiet_from: Minute | None
    quiet_until: Minute | None
    time_zone: TimeZone
    muted_projects: Annotated[tuple[Annotated[str, StringConstraints(max_length=64)], ...], Field(max_length=1000)]


class PushRequest(Body):
    """A browser's push subscription, as `PushSubscription.toJSON()` has it, and what the browser is called."""

    endpoint: Address
    p256dh: Base64Url
    auth: Base64Url
    name: Name


class NtfyRequest(Body):
    """A topic of an ntfy server, such as https://ntfy.sh/claude-k3x9, and a token where the server asks for one."""

    address: Address
    token: NtfyToken | None = None


class PushKey(Model):
    """The public key that browsers subscribe with."""

    key: str


@router.get("", operation_id="list_notifications")
async def list_notifications(parts: WithParts, caller: SignedIn) -> list[Notification]:
    """List what you were told lately, newest first, and how it went."""
    return await parts.store.read(lambda connection: notifications.of_user(connection, caller.user_id))


@router.get("/settings", operation_id="get_notification_settings")
async def get_notification_settings(parts: WithParts, caller: SignedIn) -> NotificationSettings:
    """Return what you want to be told."""
    return await parts.store.read(lambda connection: notification_settings.get(connection, caller.user_id))


@router.put("/settings", operation_id="set_notification_settings")
async def set_notification_settings(
    body: NotificationChoices, parts: WithParts, caller: SignedIn
) -> NotificationSettings:
    """Choose what you want to be told."""
    new = NotificationSettings.model_validate(body.model_dump())
    return await parts.store.write(lambda connection: notification_settings.put(connection, caller.user_id, new))


@router.get("/push-key", operation_id="get_push_key")
async def get_push_key(parts: WithParts, _caller: SignedIn) -> PushKey:
    """Return the key that a browser subscribes with."""
    return PushKey(key=parts.key.push.public)


@router.get("/channels", operation_id="list_channels")
async def list_channels(parts: WithParts, caller: SignedIn) -> list[Channel]:
    """List the ways by which you are told."""
    return await parts.store.read(lambda connection: channels.of_user(connection, caller.user_id))


@router.post("/push", operation_id="add_push", status_code=201)
async def add_push(
    body: PushRequest, request: Request, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Channel:
    """Have a browser notified, of which this takes the subscription. The same one again takes its own place."""
    require_login(caller, "add ways to be told")
    data.outgoing.check(body.endpoint)
    subscription = Subscription.parse(body.p256dh, body.auth)
    channel = _new(parts, request, caller, Way.PUSH, body.name, body.endpoint, subscription.packed)
    return await _add(parts, caller, channel)


@router.post("/ntfy", operation_id="add_ntfy", status_code=201)
async def add_ntfy(
    body: NtfyRequest, request: Request, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Channel:
    """Have a topic of an ntfy server notified. The token is kept encrypted, and never shown."""
    require_login(caller, "add ways to be told")
    address = body.address.rstrip("/")
    data.outgoing.check(address)
    _, topic = ntfy.split(address)
    name = f"{topic} on {urlsplit(address).netloc}"
    secret = None if body.token is None else body.token.encode()
    return await _add(parts, caller, _new(parts, request, caller, Way.NTFY, name, address, secret))


@router.delete("/channels/{channel_id}", operation_id="remove_channel")
async def remove_channel(channel_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Be told no more this way."""
    now = parts.now_ms()

    def remove(connection: Connection) -> None:
        gone = channels.require(connection, channel_id, user_id=caller.user_id)
        channels.remove(connection, channel_id)
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.CHANNEL_REMOVED, target=_audited(gone))

    await parts.store.write(remove)
    return Nothing()


@router.post("/channels/{channel_id}/test", operation_id="test_channel")
async def test_channel(channel_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn) -> Nothing:
    """Send a notification this way that shows that it works; the list of notifications tells how it went."""
    parts.limits.told_by_person.take(caller.user_id)
    now = parts.now_ms()

    def put(connection: Connection) -> None:
        channels.require(connection, channel_id, user_id=caller.user_id)
        announcements.test(connection, channel_id, now)

    await parts.store.write(put)
    data.notifier.wake()
    return Nothing()


def _new(
    parts: Parts, request: Request, caller: Caller, kind: Way, name: str, address: str, secret: bytes | None
) -> NewChannel:
    channel_id = new_channel_id()
    return NewChannel(
        id=channel_id,
        kind=kind,
        name=name,
        address=address,
        secret_encrypted=None if secret is None else parts.key.seal(secret, channel_id),
        server_url=url_of(request, parts.config),
        user_id=caller.user_id,
        login_hash=caller.secret_hash if kind is Way.PUSH else None,
    )


async def _add(parts: Parts, caller: Caller, new: NewChannel) -> Channel:
    now = parts.now_ms()

    def add(connection: Connection) -> Channel:
        added = channels.add(connection, new, now)
        audit.write(connection, now_ms=now, actor=caller.username, action=Action.CHANNEL_ADDED, target=_audited(added))
        return added

    return await parts.store.write(add)


def _audited(channel: Channel) -> str:
    """Return what the audit log calls a channel: not the topic of ntfy, as who knows that may read it."""
    return f"ntfy on {urlsplit(channel.address).netloc}" if channel.kind is Way.NTFY else channel.name
