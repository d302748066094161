"""Webhooks of a project: programs that are told what becomes of its sessions."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request

from claudios.server.notifying.webhooks import new_secret
from claudios.server.store import announcements, audit, channels, notifications
from claudios.server.store.audit import Action
from claudios.server.store.channels import Channel, NewChannel, Way, new_channel_id
from claudios.server.store.notifications import Notification
from claudios.server.store.projects import Role
from claudios.server.web.accounts import Nothing
from claudios.server.web.auth import SignedIn, require_login, require_role
from claudios.server.web.fields import Body, Name, PathId
from claudios.server.web.notifications import Address
from claudios.server.web.parts import WithParts, url_of
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("webhooks", "/projects/{project_id}/webhooks")


class WebhookRequest(Body):
    """What a webhook is called, and where it is posted to."""

    name: Name
    address: Address


class NewWebhook(Channel):
    """A webhook as it is shown once: with the secret that signs."""

    secret: str


@router.get("", operation_id="list_webhooks")
async def list_webhooks(project_id: PathId, parts: WithParts, caller: SignedIn) -> list[Channel]:
    """List the project's webhooks."""

    def read(connection: Connection) -> list[Channel]:
        require_role(connection, caller, project_id, Role.OWNER)
        return channels.of_project(connection, project_id)

    return await parts.store.read(read)


@router.post("", operation_id="add_webhook", status_code=201)
async def add_webhook(
    project_id: PathId,
    body: WebhookRequest,
    request: Request,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
) -> NewWebhook:
    """Add a webhook. The secret that signs its deliveries is in this answer, and never shown again."""
    now, webhook_id = parts.now_ms(), new_channel_id()
    shown, secret = new_secret()
    new = NewChannel(
        id=webhook_id,
        kind=Way.WEBHOOK,
        name=body.name,
        address=body.address,
        secret_encrypted=parts.key.seal(secret, webhook_id),
        server_url=url_of(request, parts.config),
        project_id=project_id,
    )

    def add(connection: Connection) -> Channel:
        require_role(connection, caller, project_id, Role.OWNER)
        require_login(caller, "add webhooks")
        data.outgoing.check(body.address)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.WEBHOOK_ADDED,
            target=body.name,
            project_id=project_id,
        )
        return channels.add(connection, new, now)

    added = await parts.store.write(add)
    return NewWebhook(**added.model_dump(), secret=shown)


@router.delete("/{webhook_id}", operation_id="remove_webhook")
async def remove_webhook(project_id: PathId, webhook_id: PathId, parts: WithParts, caller: SignedIn) -> Nothing:
    """Remove a webhook with its log."""
    now = parts.now_ms()

    def remove(connection: Connection) -> None:
        gone = _required(connection, caller, project_id, webhook_id)
        channels.remove(connection, webhook_id)
        audit.write(
            connection,
            now_ms=now,
            actor=caller.username,
            action=Action.WEBHOOK_REMOVED,
            target=gone.name,
            project_id=project_id,
        )

    await parts.store.write(remove)
    return Nothing()


@router.post("/{webhook_id}/test", operation_id="test_webhook")
async def test_webhook(
    project_id: PathId, webhook_id: PathId, parts: WithParts, data: WithDataPath, caller: SignedIn
) -> Nothing:
    """Deliver something that shows that the webhook works; its log tells how it went."""
    parts.limits.told_by_person.take(caller.user_id)
    now = parts.now_ms()

    def put(connection: Connection) -> None:
        _required(connection, caller, project_id, webhook_id)
        announcements.test(connection, webhook_id, now)

    await parts.store.write(put)
    data.notifier.wake()
    return Nothing()


@router.get("/{webhook_id}/deliveries", operation_id="list_deliveries")
async def list_deliveries(
    project_id: PathId, webhook_id: PathId, parts: WithParts, caller: SignedIn
) -> list[Notification]:
    """List what was delivered lately, newest first, and how it went."""

    def read(connection: Connection) -> list[Notification]:
        _required(connection, caller, project_id, webhook_id)
        return notifications.of_channel(connection, webhook_id)

    return await parts.store.read(read)


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", operation_id="redeliver")
async def redeliver(
    project_id: PathId,
    webhook_id: PathId,
    delivery_id: PathId,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
) -> Notification:
    """Deliver something once more: with the same id and body, signed anew."""
    parts.limits.told_by_person.take(caller.user_id)
    now = parts.now_ms()

    def again(connection: Connection) -> Notification:
        _required(connection, caller, project_id, webhook_id)
        return notifications.send_again(connection, webhook_id, delivery_id, now)

    delivery = await parts.store.write(again)
    data.notifier.wake()
    return delivery


def _required(connection: Connection, caller: SignedIn, project_id: str, webhook_id: str) -> Channel:
    require_role(connection, caller, project_id, Role.OWNER)
    return channels.require(connection, webhook_id, project_id=project_id)
