"""Images that go with prompts, by the uuid under which Claude knows the prompt, while it waits and afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from claudios.server.store.tables import prompt_images


def put(connection: Connection, session_id: str, input_id: str, images: Sequence[bytes]) -> None:
    """Keep the images of a prompt, in the place of those it had."""
    remove(connection, input_id)
    connection.execute(
        insert(prompt_images),
        [
            {"input_id": input_id, "place": place, "session_id": session_id, "data": raw}
            for place, raw in enumerate(images)
        ],
    )


def of(connection: Connection, input_id: str) -> tuple[bytes, ...]:
    """Return the images of a prompt, in order."""
    found = connection.execute(
        select(prompt_images.c.data).where(prompt_images.c.input_id == input_id).order_by(prompt_images.c.place)
    )
    return tuple(bytes(data) for data in found.scalars())


def get(connection: Connection, session_id: str, input_id: str, place: int) -> bytes | None:
    """Return one image of a session's prompt, counted from 0."""
    found = connection.execute(
        select(prompt_images.c.data).where(
            prompt_images.c.session_id == session_id,
            prompt_images.c.input_id == input_id,
            prompt_images.c.place == place,
        )
    ).scalar()
    return None if found is None else bytes(found)


def remove(connection: Connection, input_id: str) -> None:
    """Forget the images of a prompt."""
    connection.execute(delete(prompt_images).where(prompt_images.c.input_id == input_id))


def remove_all(connection: Connection, session_id: str) -> None:
    """Forget the images of all prompts of a session."""
    connection.execute(delete(prompt_images).where(prompt_images.c.session_id == session_id))
