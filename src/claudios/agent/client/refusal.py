"""What a failure of either carrier means, in words that name the remedy."""

from __future__ import annotations

import ssl
import time

from pydantic_core import from_json

from claudios.agent.client.backoff import retry_after_seconds
from claudios.agent.client.carrier import ServerBusy, ServerFailed, TokenRejected
from claudios.protocol.errors import (
    AgentInUse,
    ClaudiosError,
    FrameInvalid,
    MessageInvalid,
    MessageTooLarge,
    Superseded,
    Unreachable,
)

FAILURES = (ClaudiosError.code, FrameInvalid.code, MessageInvalid.code, MessageTooLarge.code)
"""Codes that say that the server could not take what it was sent."""


def unreachable(reason: BaseException) -> Unreachable:
    """Say why the server cannot be reached, and what to check."""
    cause: BaseException | None = reason
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                f"The server's certificate is not trusted: {cause.verify_message}. "
                "Check `serverUrl`; name your own authority's certificate with `caFile`."
            )
        cause = cause.__cause__ or cause.__context__
    text = str(reason).rstrip(".") or type(reason).__name__
    return Unreachable(
        f"The server cannot be reached: {text}. Check `serverUrl`, the network and that the server is running."
    )


def refusal(status: int, retry_after: str | None, body: bytes) -> ClaudiosError | None:
    """Return what an HTTP answer means on either carrier; None when that is the carrier's own affair.

    `body` is the server's `{"error": {"code", "message"}}`, or whatever a proxy says instead.
    """
    code, message = _error_in(body)
    if status == 401:
        return TokenRejected(f"{message} Set the new token as `agentToken`." if message else None)
    if status == 409 and code == AgentInUse.code:
        return AgentInUse(message)
    if status == 409 and code in (None, Superseded.code):
        return Superseded()
    if status in (429, 503):
        asked = retry_after_seconds(retry_after, time.time())
        return ServerBusy(f"The server asks to come back later (HTTP {status}).", asked)
    if status in (400, 413, 500) and code in FAILURES:
        return ServerFailed(f"The server failed: {message}")
    if status >= 500 and status not in (501, 505):
        return Unreachable(f"The server, or a proxy before it, answered HTTP {status}. Look at the server's log.")
    if code is not None and status not in (404, 405, 426):
        return Unreachable(f"The server refused: {message}")
    return None


def _error_in(body: bytes) -> tuple[str | None, str]:
    """Return code and message, in one line: they end in the log."""
    try:
        error = from_json(body)["error"]
        return str(error["code"])[:100], " ".join(str(error["message"]).split())[:300]
    except (ValueError, TypeError, KeyError):
        return None, ""
