"""The shim's one loop: program to spool, daemon to program, and the end of both.

In each turn what was read goes into the spool, then the daemon hears the newest number, then the disk is synced.
Nothing in the loop waits for the program, the daemon or the disk, and an idle session has no timer.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from enum import Enum

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.shim.announcement import Announcement
from claudios.shim.child import Child, StartFailed, start
from claudios.shim.control import VERSION, Control, Request
from claudios.shim.family import Family
from claudios.shim.inputs import Inputs
from claudios.shim.kernel import become_reaper, give_memory_back
from claudios.shim.ladder import Ladder, Step
from claudios.shim.launch import Launch
from claudios.shim.outputs import Outputs
from claudios.shim.processes import signal_all
from claudios.shim.quota import Quota, Space
from claudios.shim.recorder import Piece, Recorder
from claudios.shim.signals import watch_signals
from claudios.shim.spool import SEGMENT_BYTES, SpoolWriter
from claudios.shim.terminal import Size

ERRORS_KEPT_BYTES = 2048
MOST_CHARACTERS = 0xFFFF
SWEEP_SECONDS = 0.05
GRACE_SECONDS = 0.5
DRAIN_SECONDS = 2.0
LEAST_SEGMENTS = 16
"""A spool with a quota has at least so many: the newest is never unlinked, and counts."""


class Phase(Enum):
    """RUNNING: the program lives. DRAINING: it is gone, its children or pipes are not. ENDED: the log is complete."""

    RUNNING = "running"
    DRAINING = "draining"
    ENDED = "ended"


class Session:
    """One program from its start to the last frame of its log."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._phase = Phase.RUNNING
        self._selector = selectors.DefaultSelector()
        self._control = Control(launch.socket, self._selector, self._receive)
        self._announcement = Announcement()
        self._is_released = False
        self._pid = 0
        self._child: Child | None = None
        self._size = launch.terminal
        self._activity: tuple[str, str | None] = ("", None)
        self._inputs = Inputs(-1, self._selector)
        self._outputs = Outputs({}, self._selector, self._take_output)
        quota = launch.spool_max_bytes
        segment_bytes = min(SEGMENT_BYTES, quota // LEAST_SEGMENTS or SEGMENT_BYTES)
        spool = SpoolWriter(launch.spool, launch.epoch, launch.first_seq, segment_bytes)
        self._recorder = Recorder(spool, Quota(quota), launch.patience_seconds, self._space_changed)
        self._is_paused = False
        self._was_interrupted = False
        self._first_output = 0
        self._errors = b""
        self._start_due: float | None = None
        self._ladder = Ladder(launch.ladder)
        self._family = Family(launch.marker)
        self._exited = 0.0
        self._drain_due: float | None = None
        self._is_alone = False
        self._exit_code: int | None = None
        self._signal: int | None = None
        self._failure: str | None = None
        self._reason: str | None = None

    def run(self) -> None:
        """Start the program and serve until its log is complete and no daemon needs this process."""
        become_reaper(b"claudios-shim")
        give_memory_back()
        watch_signals(self._selector, {signal.SIGTERM: self._begin_end, signal.SIGCHLD: self._reap})
        _say_ready()
        self._start()
        while not self._is_over:
            for key, mask in self._selector.select(self._timeout()):
                key.data(mask)
            self._take_turn(time.monotonic())
        self._recorder.close()
        self._control.close()

    @property
    def _is_over(self) -> bool:
        is_needed = self._control.is_connected and not self._is_released
        return self._phase is Phase.ENDED and not self._recorder.is_refused and not is_needed

    def _timeout(self) -> float | None:
        announce_due = self._announcement.due if self._control.is_idle else None
        dues = (self._recorder.due, self._ladder.due, self._start_due, self._drain_due, announce_due)
        armed = [due for due in dues if due is not None]
        return max(0.0, min(armed) - time.monotonic()) if armed else None

    def _take_turn(self, now: float) -> None:
        if self._start_due is not None and now >= self._start_due:
            self._give_up()
        step = self._ladder.climb(now)
        if step is not None and self._phase is Phase.RUNNING:
            self._end(step)
        if self._phase is Phase.DRAINING:
            self._drain(now)
        if self._control.is_idle and self._announcement.take(self._recorder.seq, now):
            self._control.send({"op": "head", "seq": self._recorder.seq, "output": self._first_output})
        self._recorder.take_turn(now)

    # The program

    def _start(self) -> None:
        try:
            child = start(self._launch)
        except StartFailed as problem:
            self._failure = str(problem)
            self._finish()
            return
        self._pid = child.pid
        self._inputs = Inputs(child.input, self._selector)
        self._outputs = Outputs(child.outputs, self._selector, self._take_output)
        self._outputs.watch()
        self._start_due = time.monotonic() + self._launch.start_seconds
        self._child = child
        note: dict[str, object] = {"by_itself": True} if self._launch.by_itself else {}
        if self._size is not None:
            note |= dict(zip(("columns", "rows"), self._size, strict=True))
        self._recorder.record(_event(event="started", pid=child.pid, argv0=self._launch.argv[0], **note))

    def _take_output(self, stream: Stream, read: bytes) -> None:
        self._recorder.record_output(stream, read)
        self._announcement.said()
        if stream is Stream.STDERR:
            self._errors = (self._errors + read)[-ERRORS_KEPT_BYTES:]
        elif not self._first_output:
            self._first_output, self._start_due = self._recorder.seq, None

    def _space_changed(self, space: Space) -> None:
        """Pause or go on reading, interrupt the program once while there is no room, and tell people and the daemon.

        What waits in the pipe of a program that has exited gets its time again.
        """
        must_pause = space is Space.FULL
        if must_pause and not self._is_paused:
            self._outputs.pause()
        elif self._is_paused and not must_pause:
            self._outputs.watch()
            if self._phase is Phase.DRAINING:
                self._exited, self._drain_due = time.monotonic(), 0.0
        self._is_paused = must_pause
        if not space.takes_input and not self._was_interrupted:
            self._interrupt()
        self._was_interrupted = not space.takes_input
        if space is not Space.DROPPING:  # of which the gap tells
            self._recorder.record(_event(event="space", **self._space()))
        self._control.send({"op": "space", **self._space()})

    def _interrupt(self) -> None:
        if self._launch.interrupt and self._inputs.is_open and self._phase is Phase.RUNNING:
            typed = self._launch.interrupt.encode()
            line = typed if self._launch.terminal is not None else typed + b"\n"
            self._recorder.record(*_stdin(line))
            self._inputs.take(line)

    def _space(self) -> dict[str, object]:
        return {
            "space": self._recorder.space.value,
            "bytes": self._recorder.size,
            "max_bytes": self._launch.spool_max_bytes,
        }

    def _give_up(self) -> None:
        self._start_due = None
        self._failure = f"No output came within {self._launch.start_seconds:g} seconds."
        self._begin_end()

    # The daemon

    def _receive(self, request: Request) -> None:
        if request.op == "input":
            self._take_input(request.id, request.line.encode() + b"\n")
        elif request.op == "keys":
            self._take_input(request.id, request.data)
        elif request.op == "resize":
            self._resize((request.columns, request.rows))
        elif request.op == "activity":
            self._note_activity(request.state, request.reason)
        elif request.op == "attach":
            self._announcement.seq = self._recorder.seq
            self._control.send({"op": "attached", "version": VERSION, **self._condition()})
        elif request.op == "terminate":
            self._begin_end()
        elif request.op == "interrupt" and self._phase is Phase.RUNNING:
            signal_all({self._pid}, signal.SIGINT)
        elif request.op == "release":
            self._is_released = True

    def _take_input(self, identity: str, given: bytes) -> None:
        if self._inputs.has_taken(identity):
            self._control.send({"op": "taken", "id": identity})
            return
        before = self._recorder.seq
        code = self._journal_input(identity, given)
        if code is None:
            self._inputs.take(given, identity)
            self._announcement.given(before, time.monotonic())
            self._control.send({"op": "taken", "id": identity})
        else:
            self._control.send({"op": "refused", "id": identity, "code": code})

    def _journal_input(self, identity: str, given: bytes) -> str | None:
        """Write an input into the log before the program gets it; return the code of what stands against it."""
        if self._launch.terminal is None and (b"\n" in given[:-1] or not given.endswith(b"\n")):
            return "input_invalid"
        if self._ladder.has_begun or not self._inputs.is_open:
            return "session_lost"
        if not self._inputs.has_room(len(given)):
            return "too_many"
        event = _event(event="input", id=identity, bytes=len(given))
        return None if self._recorder.try_record(event, *_stdin(given)) else "spool_full"

    def _resize(self, size: Size) -> None:
        """Give the terminal another size; the log says so before the program paints for it."""
        if self._child is None or self._size in (None, size) or self._phase is not Phase.RUNNING:
            return
        if not all(0 < length <= MOST_CHARACTERS for length in size):
            return
        self._size = size
        self._recorder.record(_event(event="resized", columns=size[0], rows=size[1]))
        self._child.resize(size)

    def _note_activity(self, state: str, reason: str | None) -> None:
        """Write down what the daemon found out of the program's doing, unless that is known."""
        if self._phase is Phase.RUNNING and self._activity != (state, reason):
            self._activity = (state, reason)
            self._recorder.record(_event(event="activity", state=state, reason=reason))

    def _condition(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "child": self._pid or None,
            "epoch": self._launch.epoch,
            "seq": self._recorder.seq,
            "output": self._first_output,
            "state": "ended" if self._phase is Phase.ENDED else "running",
            "exit_code": self._exit_code,
            "signal": self._signal,
            "reason": self._reason,
            "detail": self._failure,
            **self._space(),
        }

    # The end

    def _begin_end(self) -> None:
        self._ladder.begin(time.monotonic())

    def _end(self, step: Step) -> None:
        self._family.collect()
        if step is Step.POLITE and self._launch.polite_end and self._inputs.is_open:
            line = self._launch.polite_end.encode() + b"\n"
            self._recorder.record(*_stdin(line))
            self._inputs.take(line)
        elif step is Step.INTERRUPT:
            self._inputs.finish()
            signal_all({self._pid}, signal.SIGINT)
        elif step is Step.TERMINATE:
            signal_all({self._pid}, signal.SIGTERM)
        elif step is Step.KILL:
            signal_all({self._pid} | self._family.living(), signal.SIGKILL)

    def _reap(self) -> None:
        """Collect every process that has ended: the program, and as sub-reaper the orphans it left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pid:
                code = os.waitstatus_to_exitcode(status)
                self._exit_code, self._signal = (code, None) if code >= 0 else (None, -code)
                self._phase, self._exited, self._start_due = Phase.DRAINING, time.monotonic(), None
                self._inputs.close()
            if self._phase is Phase.DRAINING:
                self._drain_due = 0.0

    def _drain(self, now: float) -> None:
        """Sweep what the program left behind and take the last of its output, for at most DRAIN_SECONDS."""
        latest = self._exited + DRAIN_SECONDS
        if self._drain_due is not None and now >= self._drain_due:
            left = self._family.living()
            signal_all(left, signal.SIGTERM if now < self._exited + GRACE_SECONDS else signal.SIGKILL)
            self._is_alone = not left
            self._drain_due = min(latest, now + SWEEP_SECONDS) if left else latest
        if now >= latest:
            self._drain_due = None
        elif self._outputs.are_open or not self._is_alone:
            return
        if not self._recorder.is_refused:
            self._outputs.close()
            self._finish()

    def _finish(self) -> None:
        self._reason = "terminated" if self._ladder.has_begun else "exited"
        if self._failure is None and self._reason == "exited" and not self._first_output and self._exit_code != 0:
            self._failure = "The program ended before its first output."
        events = []
        if self._failure is not None:
            said = self._errors.decode(errors="replace").strip()
            self._failure = f"{self._failure} It said: {said}" if said else self._failure
            self._reason = "failed"
            events.append(_event(event="failed", message=self._failure))
        events.append(_event(event="ended", exit_code=self._exit_code, signal=self._signal, reason=self._reason))
        self._recorder.conclude(*events)  # together, so that they stand in one segment
        self._phase, self._drain_due = Phase.ENDED, None
        self._control.send({"op": "ended", **self._condition()})


def _event(**fields: object) -> Piece:
    return Stream.EVENT, json.dumps(fields, separators=(",", ":")).encode()


def _stdin(line: bytes) -> list[Piece]:
    return [(Stream.STDIN, line[start : start + MAX_PAYLOAD_BYTES]) for start in range(0, len(line), MAX_PAYLOAD_BYTES)]


def _say_ready() -> None:
    """Leave the process id in the lock file, tell whoever started this process that the socket listens, and let go."""
    os.ftruncate(0, 0)
    os.pwrite(0, f"{os.getpid()}\n".encode(), 0)
    os.write(1, b"\n")
    os.dup2(2, 1)
