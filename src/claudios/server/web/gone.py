"""Who was at the other end has hung up: nobody is left to answer, and nothing has failed."""

from __future__ import annotations

from starlette.types import Message, Send


class Gone(Exception):
    """The other end has hung up."""


def until_gone(send: Send) -> Send:
    """Return a `send` that raises Gone where nobody is left, for which servers of ASGI raise an OSError of theirs."""

    async def sending(message: Message) -> None:
        try:
            await send(message)
        except OSError as hung_up:
            raise Gone from hung_up

    return sending
