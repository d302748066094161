"""Who was at the other end has hung up: nobody is left to answer, and nothing has failed."""

from __future__ import annotations

from starlette.types import Message, Send


class Gone(Exception):
    """The other end has hung up."""


def until_gone(send: Send) -> Send:
    """Return a `send` for an accepted socket that raises Gone where nobody is left.

    Servers of ASGI raise an OSError of theirs then, and a RuntimeError once they have given up one who is silent.
    """

    async def sending(message: Message) -> None:
        try:
            await send(message)
        except (OSError, RuntimeError) as hung_up:
            raise Gone from hung_up

    return sending
