"""ntfy: a message for a topic of any ntfy server, with buttons that answer (docs.ntfy.sh/publish).

A button posts the secret of its link in the body of its request: no address holds it, and what follows addresses by
itself cannot use it up.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import orjson

from claudios.protocol.errors import InputInvalid
from claudios.server.store.notification_settings import Kind
from claudios.server.store.notifications import Due

ANSWERS = "/api/v1/answer-links"
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_TAGS = {
    Kind.WAITS: "raised_hand",
    Kind.FINISHED: "white_check_mark",
    Kind.ENDED: "checkered_flag",
    Kind.FAILED: "warning",
    Kind.SILENT: "hourglass",
    Kind.TEST: "wave",
}
_HIGH, _DEFAULT = 4, 3


def split(address: str) -> tuple[str, str]:
    """Return server and topic of an address such as https://ntfy.sh/mine. Raises InputInvalid."""
    server, _, topic = address.rstrip("/").rpartition("/")
    if _TOPIC.fullmatch(topic) is None or not urlsplit(server).netloc:
        raise InputInvalid(
            "Write server and topic, such as https://ntfy.sh/claude-k3x9: letters, digits, - and _ in the topic."
        )
    return server, topic


def message(due: Due, token: str | None) -> tuple[str, bytes, dict[str, str]]:
    """Return where a notification is posted, its body and its headers."""
    server, topic = split(due.address)
    told: dict[str, object] = {
        "topic": topic,
        "title": due.title,
        "message": due.text,
        "tags": [_TAGS[due.kind]],
        "priority": _HIGH if due.kind is Kind.WAITS else _DEFAULT,
        "click": page_of(due),
    }
    if due.links is not None:
        allow, deny = due.links
        told["actions"] = [_button("Allow", allow, due), _button("Deny", deny, due)]
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return f"{server}/", orjson.dumps(told), headers


def page_of(due: Due) -> str:
    """Return the address of the page that shows what a notification is about."""
    if due.session_id is None:
        return due.server_url
    request = "" if due.request_id is None else f"?request={quote(due.request_id, safe='')}"
    return f"{due.server_url}/sessions/{due.session_id}{request}"


def _button(label: str, secret: str, due: Due) -> dict[str, object]:
    return {
        "action": "http",
        "label": label,
        "url": f"{due.server_url}{ANSWERS}",
        "method": "POST",
        "headers": {"content-type": "application/json"},
        "body": orjson.dumps({"secret": secret}).decode(),
        "clear": True,
    }
