"""What people are told when something changed: messages of the viewer socket, made inside the transaction.

Each is published only after the commit. A thing that is gone gives None.
"""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.protocol.fields import Model
from claudios.server.bus.topics import Changed
from claudios.server.store import requests, sessions
from claudios.server.store.agents import Agent
from claudios.server.store.instructions import Instruction
from claudios.server.store.prompts import Queue


def session(connection: Connection, session_id: str) -> Changed | None:
    """Tell how a session is now."""
    found = sessions.get(connection, session_id)
    return None if found is None else of_session(found)


def of_session(found: sessions.Session) -> Changed:
    """Tell how a session is."""
    return Changed(found.project_id, found.id, _message("session", found), f"session {found.id}")


def request(connection: Connection, project_id: str, session_id: str, request_id: str) -> Changed | None:
    """Tell how a permission request, question or plan is now."""
    found = requests.get(connection, session_id, request_id)
    if found is None:
        return None
    return Changed(project_id, session_id, _message("request", found), f"request {session_id} {request_id}")


def instruction(project_id: str, found: Instruction) -> Changed:
    """Tell how an instruction is."""
    return Changed(project_id, found.session_id, _message("instruction", found), f"instruction {found.id}")


def queue(project_id: str, found: Queue) -> Changed:
    """Tell what waits in a session."""
    return Changed(project_id, found.session_id, _message("queue", found), f"queue {found.session_id}")


def agent(project_id: str, found: Agent) -> Changed:
    """Tell how an agent is."""
    return Changed(project_id, None, _message("agent", found), f"agent {found.id}")


def removed(project_id: str, kind: str, thing_id: str, session_id: str | None = None) -> Changed:
    """Tell that a thing is gone. `kind` is `session` or `agent`."""
    return Changed(project_id, session_id, f'{{"type":"removed","kind":"{kind}","id":"{thing_id}"}}')


def _message(kind: str, value: Model) -> str:
    return f'{{"type":"{kind}","{kind}":{value.model_dump_json()}}}'
