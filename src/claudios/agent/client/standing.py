"""Ask the server whose a token is, before anything is registered with it."""

from __future__ import annotations

import ssl

from pydantic_core import from_json

from claudios.agent.client.address import check_url
from claudios.agent.client.http import HttpConnection
from claudios.agent.client.refusal import refusal, unreachable
from claudios.protocol.codec import MAX_MESSAGE_BYTES

ANSWER_SECONDS = 15.0


async def agent_id_of(server_url: str, bearer: str, tls: ssl.SSLContext) -> str | None:
    """Return the id of the agent that `bearer` belongs to; None where the server does not say.

    Raises Unreachable, TokenRejected, ServerBusy.
    """
    connection = HttpConnection(check_url(server_url), {"Authorization": f"Bearer {bearer}"}, tls, MAX_MESSAGE_BYTES)
    try:
        answer = await connection.request("GET", "", {}, b"", ANSWER_SECONDS)
    except OSError as broken:
        raise unreachable(broken) from broken
    finally:
        connection.close()
    if answer.status != 200:
        known = refusal(answer.status, answer.headers.get("retry-after"), answer.body)
        if known is not None:
            raise known
        return None
    try:
        return str(from_json(answer.body)["agent_id"])
    except (ValueError, TypeError, KeyError):
        return None
