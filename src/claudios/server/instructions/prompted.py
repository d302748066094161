"""Prompts as Claude gets them: their text, and the images that are kept under their uuid."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection

from claudios.protocol.errors import InputInvalid
from claudios.protocol.messages import Input, Mode
from claudios.server.instructions import lines
from claudios.server.store import prompt_images
from claudios.server.store.instructions import Instruction
from claudios.server.store.issuing import MAX_BODY_BYTES, in_message

ROOM_BYTES = 64 * 1024
"""What is left in a body beside a prompt."""


def line(text: str, input_id: str, images: Sequence[bytes]) -> str:
    """Return the line for Claude. Raises InputInvalid where text and images together do not fit into one message."""
    made = lines.user_message(text, input_id, images)
    if in_message(orjson.dumps(made).decode()) > MAX_BODY_BYTES - ROOM_BYTES:
        together = "The text and its images are too much together" if images else "The text is too much"
        raise InputInvalid(f"{together} for one message. Send it in two prompts.")
    return made


def given(mode: Mode, text: str, input_id: str, images: Sequence[bytes]) -> Input:
    """Return a prompt that comes with a start: a line for Claude, or the text that is typed into its terminal.

    Raises InputInvalid for images in a terminal, and for too much.
    """
    if mode is Mode.CHAT:
        return Input(id=input_id, line=line(text, input_id, images))
    if images:
        raise InputInvalid("A terminal takes no images. Start the session as a chat, or name a file in the prompt.")
    return Input(id=input_id, line=text)


def known_line(connection: Connection, text: str, input_id: str, images: int) -> str:
    """Return the line for Claude of a prompt that was taken before, with so many images."""
    return line(text, input_id, prompt_images.of(connection, input_id) if images else ())


def keep(connection: Connection, session_id: str, input_id: str, images: Sequence[bytes]) -> None:
    """Keep the images of a prompt."""
    if images:
        prompt_images.put(connection, session_id, input_id, images)


def is_same(connection: Connection, known: Instruction, text: str | None, images: Sequence[bytes]) -> bool:
    """Say whether this is what was asked with a known instruction."""
    if (known.text, known.images) != (text, len(images)):
        return False
    return not images or prompt_images.of(connection, known.input_id) == tuple(images)
