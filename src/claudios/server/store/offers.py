"""What the Claude of each session said it can do."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from claudios.protocol.fields import Model
from claudios.server.store.tables import sessions


class OfferedCommand(Model):
    """A slash command that Claude knows."""

    name: str
    description: str
    argument_hint: str


class OfferedModel(Model):
    """A model that Claude can use: what to ask for, its full name, and the efforts it can make."""

    value: str
    resolved: str
    name: str
    description: str
    efforts: tuple[str, ...]


class Offers(Model):
    """What the Claude of a session said it can do, when it was started last."""

    commands: tuple[OfferedCommand, ...] = ()
    models: tuple[OfferedModel, ...] = ()


def put(connection: Connection, session_id: str, new: str) -> None:
    """Keep what a session's Claude offers. `new` is JSON text."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(offers=new))


def of_session(connection: Connection, session_id: str) -> Offers:
    """Return what a session's Claude offers; empty before it has said so."""
    kept = connection.execute(select(sessions.c.offers).where(sessions.c.id == session_id)).scalar()
    return Offers() if kept is None else Offers.model_validate_json(kept)
