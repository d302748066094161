"""The streamer loop: what the spools hold beyond the server's log goes up, signed, as soon as it should.

A watched session goes at once, and what comes while a few of its messages are unacknowledged goes together when one is;
the others go every `outputFlushInterval`. A backlog is sent in full messages, as many at a time as the window takes,
compressed where a full window is slow to come back and the server takes that.
Nothing is kept in memory: what is not acknowledged is read from the spool again. When the link breaks the loop waits
for the next registration and goes on from its cursors; its failures end nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from claudios.agent.output.flow import Flow, Sent
from claudios.agent.output.poison import FOR_GOOD, Suspects
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import MAX_FRAME_BYTES, Spool
from claudios.agent.output.window import Window
from claudios.protocol.codec import BATCH_OVERHEAD_BYTES, CompressedBatch
from claudios.protocol.errors import ChainBroken, ClaudiosError, SpoolDamaged, Unreachable
from claudios.protocol.messages import Ack, AgentError, Cursor, Rewind, Welcome
from claudios.protocol.signing import Batch

MESSAGE_BYTES = 1024 * 1024
MAX_ON_THEIR_WAY = 4
"""Messages of a watched session that may be unacknowledged before its output waits for company."""
SETTLE_SECONDS = 0.02
MAX_SETTLE_SECONDS = 10.0
ALONE_SECONDS = 10.0
QUARANTINED = "output_quarantined"

_log = logging.getLogger(__name__)


class Output(Protocol):
    """The spools of this machine that are not wholly acknowledged."""

    def spool(self, session_id: str) -> Spool: ...
    def spools(self) -> Iterable[Spool]: ...


class Uplink(Protocol):
    """Where batches go. `send` returns when more can be taken, and raises ClaudiosError when the link is broken."""

    async def send(self, batches: Sequence[Batch | CompressedBatch]) -> None: ...


class Streamer:
    """Bring the output of all sessions to the server, in order and once."""

    def __init__(
        self,
        output: Output,
        uplink: Uplink,
        flush_interval_ms: int,
        report: Callable[[AgentError], None],
        now: Callable[[], float],
    ) -> None:
        self._output = output
        self._uplink = uplink
        self._flush_seconds = flush_interval_ms / 1000
        self._report = report
        self._now = now
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._window = Window()
        self._flows: dict[str, Flow] = {}
        self._suspects = Suspects()
        self._doubtful: set[str] | None = None  # what an earlier daemon may have set aside, until it goes on
        self._watched: frozenset[str] = frozenset()
        self._make_sealer: Callable[[Spool], Sealer] | None = None
        self._boot = 0
        self._message_bytes = MESSAGE_BYTES
        self._takes_compressed = False
        self._has_failed_compressed = False  # a server failed on it once: for this process, rather slow than stuck
        self._is_draining = False

    def opened(self, welcome: Welcome, named: frozenset[str], make_sealer: Callable[[Spool], Sealer]) -> None:
        """Resume from the cursors of a new registration. `named` are the sessions that Hello named."""
        self._boot = welcome.boot
        self._make_sealer = make_sealer
        self._window.open(welcome.limits.window_bytes)
        self._message_bytes = min(MESSAGE_BYTES, welcome.limits.max_message_bytes - BATCH_OVERHEAD_BYTES)
        self._takes_compressed = welcome.takes_compressed
        self._flows.clear()
        if self._doubtful is None:
            self._doubtful = {spool.session_id for spool in self._output.spools() if not spool.is_acked}
        cursors = {cursor.session_id: cursor for cursor in welcome.cursors}
        for spool in self._output.spools():
            flow = self._flow_of(spool)
            cursor = cursors.get(spool.session_id)
            if cursor is not None:
                self._resume(flow, cursor)
            elif spool.session_id in named and spool.acked_seq:
                flow.is_held = True
                _log.warning("The server does not know session %s any more: its output stays here.", spool.session_id)
        self._wake.set()

    def closed(self, *, by_failure: bool = False) -> None:
        """Stop until the next registration. `by_failure`: the server said that it failed on what it got."""
        self._make_sealer = None
        if by_failure and any(map(_has_compressed, self._flows.values())):
            _log.warning("The server failed while compressed output was on its way: it goes up as it is from now on.")
            self._has_failed_compressed = True
        for session_id, flow in self._flows.items():
            if flow.on_its_way:
                self._suspect(session_id, flow.on_its_way[0], for_good=by_failure)
        self._window.lost()
        self._flows.clear()

    def output(self, session_id: str) -> None:
        """Take note that a session's spool has grown."""
        if self._make_sealer is None:
            return
        flow = self._flows.get(session_id) or self._flow_of(self._output.spool(session_id))
        if flow.due_at is None and flow.has_more:
            flow.due_at = self._now() + self._flush_seconds
        self._wake.set()

    def finish(self, session_id: str) -> None:
        """Take note that a session has ended: the last of its output, which tells of that, waits for no company."""
        flow = self._flows.get(session_id)
        if flow is not None:
            flow.due_at = self._now()
            self._wake.set()

    def watch(self, session_ids: Iterable[str]) -> None:
        """Take note of which sessions somebody is looking at."""
        self._watched = frozenset(session_ids)
        self._wake.set()

    def acknowledge(self, ack: Ack) -> None:
        """Forget what the server has committed."""
        flow = self._flows.get(ack.session_id)
        if flow is None:
            return
        now = self._now()
        for settled in flow.acknowledged(ack.seq):
            self._window.returned(settled.wire_bytes, settled.expanded_bytes, now - settled.at)
            self._suspects.passed(ack.session_id, settled.seq)
            self._clear(ack.session_id)
        if flow.spool.is_acked:
            del self._flows[ack.session_id]  # it begins anew, from the spool's cursor, with its next output
        self._wake.set()

    def rewind(self, rewind: Rewind) -> None:
        """Go on where the server says its log ends."""
        flow = self._flows.get(rewind.session_id)
        if flow is None:
            return
        _log.warning("The server asks for session %s again from frame %d: %s", *_named(rewind), rewind.message)
        refused = next((sent for sent in flow.on_its_way if sent.first_seq == rewind.seq + 1), None)
        self._resume(flow, rewind)
        if refused is not None and rewind.code in FOR_GOOD and not flow.is_held:
            flow.is_held = self._suspect(rewind.session_id, refused, for_good=True)
        # More answers to what was on its way may follow, so wait a moment; longer each time nothing is gained.
        flow.due_at = self._now() + min(MAX_SETTLE_SECONDS, SETTLE_SECONDS * 2**flow.rewinds)
        flow.rewinds += 1
        self._wake.set()

    def position(self, spool: Spool) -> tuple[int, bytes]:
        """Return the newest frame of a session that has been chained, and the chain head there."""
        flow = self._flows.get(spool.session_id)
        return (spool.acked_seq, spool.acked_head) if flow is None else (flow.sealer.seq, flow.sealer.head)

    def is_held(self, spool: Spool) -> bool:
        """Say whether nothing more of a session is sent on this registration."""
        flow = self._flows.get(spool.session_id)
        return flow is not None and flow.is_held

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self._wake.clear()
            due_in = None
            if self._make_sealer is not None:
                try:
                    due_in = await self._send_what_is_due()
                except ClaudiosError as broken:
                    _log.debug("Output waits for the next link: %s", broken.message)
            await self._rest(due_in)

    async def drain(self, seconds: float) -> bool:
        """Deliver all there is, without waiting for company; return whether the server has it within `seconds`."""
        self._is_draining = True
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                while any(map(self._is_undelivered, self._output.spools())):
                    self._idle.clear()
                    await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _is_undelivered(self, spool: Spool) -> bool:
        return spool.head_seq > spool.acked_seq and not self.is_held(spool)

    async def _rest(self, due_in: float | None) -> None:
        self._idle.set()
        if self._wake.is_set():
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(due_in):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _send_what_is_due(self) -> float | None:
        """Send until nothing is due or the window is full; return the seconds until something else is due."""
        while True:
            batches = self._next_message()
            if not batches:
                break
            await self._uplink.send(batches)
        now = self._now()
        waits = [flow.due_at - now for flow in self._flows.values() if flow.due_at is not None and flow.has_more]
        return max(0.0, min(waits)) if waits and self._window.free else None

    def _next_message(self) -> list[Batch | CompressedBatch]:
        """Seal one message's worth of what is due, the sessions sharing it evenly."""
        now = self._now()
        due = self._alone([flow for flow in self._flows.values() if self._is_due(flow, now)], now)
        room = min(self._message_bytes, self._window.free)
        batches: list[Batch | CompressedBatch] = []
        for left, flow in zip(range(len(due), 0, -1), due, strict=True):
            if room <= 0:
                break
            batch = self._seal(flow, max(MAX_FRAME_BYTES, room // left), now)
            if batch is not None:
                sent = flow.on_its_way[-1]
                self._window.sent(sent.wire_bytes, sent.expanded_bytes)
                room -= sent.expanded_bytes
                batches.append(batch)
                # Who was served goes to the end: nobody starves behind a flood.
                self._flows[flow.spool.session_id] = self._flows.pop(flow.spool.session_id)
        return batches

    def _alone(self, due: list[Flow], now: float) -> list[Flow]:
        """Leave out what links break under while anything else can go, and then let it go alone: it takes no company
        down with it. Others wait for its answer, but not long.
        """
        if not any(map(self._is_split, self._flows.values())):
            return due
        alone = [flow for flow in self._flows.values() if flow.on_its_way and self._is_split(flow)]
        if alone and now < alone[0].on_its_way[0].at + ALONE_SECONDS:
            return []
        trusted = [flow for flow in due if not self._is_split(flow)]
        if trusted or any(flow.on_its_way for flow in self._flows.values()):
            return trusted
        return due[:1]

    def _is_split(self, flow: Flow) -> bool:
        return not flow.is_held and self._suspects.is_split(flow.spool.session_id)

    def _is_due(self, flow: Flow, now: float) -> bool:
        if not flow.has_more:
            return False
        if flow.rewinds and flow.due_at is not None and now < flow.due_at:
            return False
        if flow.hurries:
            return True
        if self._is_draining or flow.spool.session_id in self._watched:
            return len(flow.on_its_way) < MAX_ON_THEIR_WAY
        return not flow.on_its_way and (flow.due_at is None or now >= flow.due_at)

    def _seal(self, flow: Flow, max_bytes: int, now: float) -> Batch | CompressedBatch | None:
        max_frames = self._suspects.max_frames(flow.spool.session_id)
        pays = self._window.is_slow and self._takes_compressed and not self._has_failed_compressed
        try:
            return flow.next_batch(self._boot, max_bytes, now, max_frames, compresses=pays and max_frames is None)
        except (ChainBroken, SpoolDamaged) as broken:
            flow.is_held = True
            self._tell(flow, broken)
            return None

    def _resume(self, flow: Flow, cursor: Cursor | Rewind) -> None:
        try:
            for dropped in flow.go_on_after(cursor.seq, bytes.fromhex(cursor.head)):
                self._window.forget(dropped.wire_bytes, dropped.expanded_bytes)
        except ClaudiosError as broken:
            self._tell(flow, broken)

    def _flow_of(self, spool: Spool) -> Flow:
        if self._make_sealer is None:
            raise Unreachable
        flow = Flow(spool, self._make_sealer(spool))
        flow.is_held = spool.session_id in self._suspects.quarantined
        self._flows[spool.session_id] = flow
        return flow

    def _suspect(self, session_id: str, sent: Sent, *, for_good: bool) -> bool:
        """Take that a batch failed; return whether its session is set aside now, of which people are told."""
        is_set_aside = self._suspects.failed(session_id, sent.first_seq, sent.seq, for_good=for_good)
        if is_set_aside:
            message = (
                f"The server fails on frame {sent.first_seq} of this session, so its output from there on stays here. "
                "Look at the server's log; upgrade the older of the two, and restart the agent to try again."
            )
            _log.error("%s", message, extra={"session_id": session_id, "code": QUARANTINED})
            self._report(AgentError(code=QUARANTINED, message=message, session_id=session_id))
        return is_set_aside

    def _clear(self, session_id: str) -> None:
        """Tell people, once, that what an earlier daemon may have set aside is on its way again."""
        if self._doubtful and session_id in self._doubtful:
            self._doubtful.remove(session_id)
            message = "The server takes the session's output again."
            self._report(AgentError(code=QUARANTINED, message=message, session_id=session_id, resolved=True))

    def _tell(self, flow: Flow, broken: ClaudiosError) -> None:
        session_id = flow.spool.session_id
        _log.error("%s", broken.message, extra={"session_id": session_id, "code": broken.code})
        self._report(AgentError(code=broken.code, message=broken.message, session_id=session_id))


def _has_compressed(flow: Flow) -> bool:
    return any(sent.wire_bytes < sent.expanded_bytes for sent in flow.on_its_way)


def _named(rewind: Rewind) -> tuple[str, int]:
    return rewind.session_id, rewind.seq
