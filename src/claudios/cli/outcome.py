"""Wait until it is known what became of an instruction: a person wants to hear it now, not in a list."""

from __future__ import annotations

import time

from claudios.cli.progress import working
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.http import class_of
from claudios.client.shapes import Instruction, Session
from claudios.protocol.errors import Conflict

UNSETTLED = ("queued", "sent", "taken")
GOOD = "done"
LOOK_EVERY_SECONDS = 0.05
SETTLES_SECONDS = 5.0
ENDS_SECONDS = 30.0


def settled(client: Client, asked: Instruction, agent_online: bool) -> Instruction:
    """Return the instruction as it is once the agent has reported, or after a few seconds without a report.

    Raises the error that the agent reports, Conflict for one without a code.
    """
    now, end = asked, time.monotonic() + SETTLES_SECONDS
    with working("Waiting for the agent"):
        while agent_online and now.state in UNSETTLED and time.monotonic() < end:
            time.sleep(LOOK_EVERY_SECONDS)
            now = next((each for each in client.instructions(asked.session_id) if each.id == asked.id), now)
    if now.state in UNSETTLED or now.state == GOOD:
        return now
    raise class_of(now.code or now.state, Conflict.code)(
        one_line(now.message or f"The agent answered: {now.state}. See claudios logs {asked.session_id[:8]}")
    )


def ended(client: Client, session: Session) -> Session:
    """Return the session as it is once it has ended, or after half a minute, or at once where its agent is offline."""
    now, end = session, time.monotonic() + ENDS_SECONDS
    with working("Waiting for the session to end"):
        while now.state != "ended" and now.agent_online and time.monotonic() < end:
            time.sleep(LOOK_EVERY_SECONDS)
            now = client.session(session.id)
    return now
