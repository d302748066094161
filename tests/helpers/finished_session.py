"""A finished session on a real server: four batches, a checkpoint after each, and one that closes the log."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from claudios.protocol.messages import Ack, Checkpoint, Checkpointed, Outcome, Report, Reported, Welcome
from claudios.protocol.signing import Batch
from claudios.server.serving import Serving
from claudios.server.store.engine import Store
from tests.helpers.records import KEY, Signer
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, SyntheticAgent, event, new_agent, take

BATCHES, FRAMES = 4, 3
LAST = BATCHES * FRAMES


@dataclass
class Record:
    """A finished session of twelve frames in four batches, with a checkpoint after each and a final one."""

    owner: Person
    agent: SyntheticAgent
    link: Link
    session_id: str
    store: Store
    signer: Signer
    batches: list[Batch] = field(default_factory=list)

    async def say(self, checkpoint: Checkpoint) -> Checkpointed:
        await self.link.say(checkpoint)
        return await self.link.expect(Checkpointed)

    async def verify(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.owner.ask("GET", f"/sessions/{self.session_id}/verify")
        return found

    async def export(self) -> bytes:
        answer = await self.owner.http.get(f"/api/v1/sessions/{self.session_id}/export")
        assert answer.status_code == 200
        return answer.content

    async def actions(self) -> list[str]:
        return [line["action"] for line in await self.owner.ask("GET", "/audit")]

    def tamper(self, statement: str, *values: object) -> None:
        """Change something in the database behind the server's back; each `?` is a value."""
        first, *others = statement.split("?")
        named = first + "".join(f":value{number}{piece}" for number, piece in enumerate(others))
        with self.store.engines[0].begin() as connection:
            changed = connection.execute(text(named), {f"value{n}": value for n, value in enumerate(values)})
            assert changed.rowcount


@asynccontextmanager
async def finished_session(server: Serving, people: People, prompt: str | None = None) -> AsyncIterator[Record]:
    """Yield the record of a session that has just ended; its agent stays connected."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "prompt": prompt, "title": "Finished"}
    session = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    async with agent.socket() as link:
        await link.say(agent.hello().model_copy(update={"checkpoint_key": KEY.public}))
        welcome = await link.expect(Welcome)
        assert welcome.takes_checkpoints
        (start,) = await take(link, agent)
        await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
        await link.expect(Reported)
        signer = Signer(agent.agent_id, session["id"], at_ms=int(time.time() * 1000))
        made = Record(owner, agent, link, session["id"], server.application.parts.store, signer)
        output = agent.output(made.session_id)
        for n in range(BATCHES):
            payloads: list[Any] = [b"%d-%d\n" % (n, m) for m in range(FRAMES)]
            if n == BATCHES - 1:
                payloads[-1] = event("ended", exit_code=0, signal=None, reason="exited")
            batch = output.batch(welcome.boot, *payloads)
            made.batches.append(batch)
            await link.say(batch)
            await link.expect(Ack)
            assert (await made.say(signer.sign(batch.last_seq, batch.head))).code is None
        assert (await made.say(signer.sign(LAST, output.head, final=True))).code is None
        yield made
