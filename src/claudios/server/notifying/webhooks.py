"""Webhooks as Standard Webhooks has them (standardwebhooks.com): id, time and body are signed with a shared secret."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime

import orjson

from claudios.server.notifying.ntfy import page_of
from claudios.server.store.notifications import Due

SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> tuple[str, bytes]:
    """Return a new secret, as its owner is shown it once and as it signs."""
    raw = secrets.token_bytes(SECRET_BYTES)
    return _PREFIX + base64.b64encode(raw).decode(), raw


def message(due: Due, secret: bytes, now_ms: int) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a delivery. However often it is sent, body and id stay the same."""
    body = orjson.dumps(
        {
            "type": f"session.{due.kind.value}" if due.session_id else due.kind.value,
            "timestamp": datetime.fromtimestamp(due.created_ms / 1000, UTC).isoformat(),
            "data": {
                "session_id": due.session_id,
                "request_id": due.request_id,
                "title": due.title,
                "text": due.text,
                "url": page_of(due),
            },
        }
    )
    seconds = now_ms // 1000
    signature = base64.b64encode(hmac.digest(secret, f"{due.id}.{seconds}.".encode() + body, "sha256")).decode()
    return body, {
        "content-type": "application/json",
        "webhook-id": due.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }
