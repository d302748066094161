"""A session that goes on with a conversation which was held outside of ClaudiOS, on the same machine.

The inside of a transaction, as in `accept`. Claude goes on with a copy, so the conversation itself stays as it is, also
where it is open elsewhere; what was said in it is the beginning of the session's log, which its agent writes.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from claudios.protocol.conversations import Conversation
from claudios.protocol.errors import Conflict
from claudios.server.instructions.accept import Accepted, Asker, title_of
from claudios.server.instructions.starting import start
from claudios.server.store import imports
from claudios.server.store.sessions import NewSession, Session

UNTITLED = "Imported conversation"


def import_conversation(
    connection: Connection, new: NewSession, found: Conversation, prompt: str | None, asker: Asker, now_ms: int
) -> Accepted[Session]:
    """Create a session that goes on with `found` as `new` says; the one that did so before, if there is one.

    Raises Conflict for a conversation that is a session's own, and what starting a session raises.
    """
    before = imports.imported(connection, new.agent_id, found.id)
    if before is not None:
        return Accepted(before, new.agent_id)
    if imports.known(connection, new.agent_id, [found.id]):
        raise Conflict("This is the conversation of a session here already. Resume or fork that one.")
    wanted = replace(
        new,
        title=new.title or title_of(found.title) or UNTITLED,
        directory=found.directory,
        forked_conversation=found.id,
        imported_from=found.id,
    )
    return start(connection, wanted, prompt, asker, now_ms)
