"""The program itself: started on pipes or on a terminal, in a session of its own, and gone when its shim is.

`start` returns a Child, which is all that the rest of the shim knows of a program.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys

from claudios.protocol.frame import Stream
from claudios.shim.kernel import die_with_parent
from claudios.shim.launch import Launch
from claudios.shim.processes import MARKER
from claudios.shim.terminal import Size, open_terminal, resize, take_control

PIPE_BYTES = 1024 * 1024
_DESCRIPTORS = os.sysconf("SC_OPEN_MAX")
_RESET = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


class StartFailed(Exception):
    """The program could not be started; the message says at which step and why."""


class Child:
    """A running program: its process id, the descriptor of its input, and those of its outputs, all non-blocking."""

    __slots__ = ("input", "outputs", "pid")

    def __init__(self, pid: int, input: int, outputs: dict[int, Stream]) -> None:
        self.pid = pid
        self.input = input
        self.outputs = outputs

    def resize(self, size: Size) -> None:
        """Set the size of the terminal it runs on, while that is open."""
        for descriptor in self.outputs:
            resize(descriptor, size)


def start(launch: Launch) -> Child:
    """Run the launch file's program. Raises StartFailed. Call it from the main thread only."""
    return _on_pipes(launch) if launch.terminal is None else _on_terminal(launch, launch.terminal)


def _on_pipes(launch: Launch) -> Child:
    their_input, our_input = os.pipe()
    our_output, their_output = os.pipe()
    our_errors, their_errors = os.pipe()
    outputs = {our_output: Stream.STDOUT, our_errors: Stream.STDERR}
    child = _run(launch, (their_input, their_output, their_errors), our_input, outputs)
    _widen(our_output)
    return child


def _on_terminal(launch: Launch, size: Size) -> Child:
    try:
        ours, theirs = open_terminal(size)
    except OSError as problem:
        raise StartFailed(f"Could not open a terminal: {problem.strerror}") from problem
    return _run(launch, (theirs, theirs, theirs), os.dup(ours), {ours: Stream.PTY})


def _run(launch: Launch, theirs: tuple[int, int, int], our_input: int, outputs: dict[int, Stream]) -> Child:
    """Start the program on its three descriptors, and close them here."""
    failure, report = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become(launch, parent, theirs, report)
    for descriptor in {*theirs, report}:
        os.close(descriptor)
    with os.fdopen(failure, "rb") as reader:
        problem = reader.read()  # ends when the program runs: `report` closes itself on exec
    if problem:
        os.waitpid(pid, 0)
        for descriptor in (our_input, *outputs):
            os.close(descriptor)
        raise StartFailed(problem.decode(errors="replace"))
    for descriptor in (our_input, *outputs):
        os.set_blocking(descriptor, False)
    return Child(pid, our_input, outputs)


def _become(launch: Launch, parent: int, streams: tuple[int, int, int], report: int) -> None:
    """Turn the forked process into the program; neither return nor raise."""
    step = "prepare"
    try:
        os.setsid()
        die_with_parent(parent)
        if launch.terminal is not None:
            take_control(streams[0])
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        step = f"enter the directory {launch.cwd}"
        os.chdir(launch.cwd)
        step = f"run {launch.argv[0]}"
        for target, descriptor in enumerate(streams):
            os.dup2(descriptor, target)
        os.closerange(3, report)
        os.closerange(report + 1, _DESCRIPTORS)
        os.execve(launch.argv[0], launch.argv, {**os.environ, MARKER: launch.marker})
    except BaseException as problem:  # whatever it is, it must not run the shim's code a second time
        reason = problem.strerror if isinstance(problem, OSError) else repr(problem)
        os.write(report, f"Could not {step}: {reason}".encode())
    os._exit(127)


def _widen(pipe: int) -> None:
    """Let the pipe hold more, so that a flood costs fewer and larger frames."""
    if sys.platform == "linux":
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except PermissionError:
            return  # the user's share of pipe memory is used up: the usual 64 KiB do
