#!/usr/bin/env python3
"""A command-line program that behaves as badly, or as fast, as a test asks it to.

Run as a subprocess, by its own arguments or, where something else composes the arguments, by those in FAKE_CLI:

    fake_cli.py --emit 1000000 --line 4096 --exit 3      a megabyte in lines of 4 KiB, then exit code 3 at end of input
    fake_cli.py --initialize --echo got:                 answers the handshake; repeats all else after "got:"
    fake_cli.py --ignore SIGINT,SIGTERM --linger         only SIGKILL ends it
    fake_cli.py --until-told --named --rate 50000        numbered lines until a line of input holds "stop emitting"

The n-th emitted line, counted from 0, is `line(n, size, as_json=..., name=...)`: a reader can tell lost, doubled and
changed ones from the bytes alone, and with `--named` those of another session. Input is read while output is written,
and lines are never mixed. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 256 * 1024
BAD_TEXT = (b"\xff\xfe not UTF-8, a NUL \x00 and half a euro \xe2\x82", b"\xac, then CRLF\r\n")
SLEEP_FOR_EVER = "import time; time.sleep(3600)"
STOP = b"stop emitting"
WRITES_A_SECOND = 50


def line(n: int, size: int, *, as_json: bool = False, name: str = "") -> bytes:
    """Return the n-th line: exactly `size` bytes with its newline, as long as number and name fit in."""
    who = f"{name} " if name else ""
    head, tail = (f'{{"type":"fake","n":{n},"pad":"{who}', '"}\n') if as_json else (f"{who}{n} ", "\n")
    return (head + "x" * max(0, size - len(head) - len(tail)) + tail).encode()


def nested(depth: int) -> bytes:
    """Return a line of JSON that is nested so deep."""
    return b'{"type":"assistant","message":' + b"[" * depth + b"]" * depth + b"}\n"


def last_line(count: int, name: str = "") -> bytes:
    """Return what `--until-told` prints after `count` lines."""
    return f"{name} end {count}\n".encode()


def blocks(total: int, size: int, *, as_json: bool, name: str = "", per_block: int = 0) -> Iterator[bytes]:
    """Yield whole lines in large blocks until at least `total` bytes have been yielded."""
    n = sent = 0
    per_block = per_block or max(1, BLOCK_BYTES // size)
    while sent < total:
        count = min(per_block, -(-(total - sent) // size))
        block = b"".join(line(n + i, size, as_json=as_json, name=name) for i in range(count))
        n, sent = n + count, sent + len(block)
        yield block


class FakeCli:
    """The program: a thread answers the input while the main thread emits."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._writing = threading.Lock()
        self._lines_seen = threading.Semaphore(0)
        self._told_to_stop = threading.Event()
        self._name = _session_named() if options.named else ""
        self._input = threading.Thread(target=self._answer_input, daemon=True)

    def run(self) -> int:
        """Play the script of the options; return the exit code."""
        options = self._options
        for name in filter(None, options.ignore.split(",")):
            signal.signal(signal.Signals[name], signal.SIG_IGN)
        if options.goodbye and "SIGTERM" not in options.ignore:
            signal.signal(signal.SIGTERM, self._leave)
        if options.status:
            note_status(os.getpid(), options.status)
        self._leave_children(options.children, keep_output=options.children_keep_output)
        if options.stderr:
            sys.stderr.write(options.stderr + "\n")
            sys.stderr.flush()
        self._input.start()
        for _ in range(options.wait_lines):
            self._lines_seen.acquire()
        if options.bad_text:
            for part in BAD_TEXT:
                self._write(part)
        self._emit()
        if options.when_emitted:
            Path(options.when_emitted).write_bytes(b"all is emitted\n")
        if options.linger:
            threading.Event().wait()
        if not options.at_once:
            self._input.join()
        self._say_goodbye()
        if options.die:
            os.kill(os.getpid(), signal.Signals[options.die])
        code: int = options.exit
        return code

    def _leave(self, *_: object) -> None:
        self._say_goodbye()
        os._exit(self._options.exit)

    def _say_goodbye(self) -> None:
        if self._options.goodbye:
            self._write(self._options.goodbye.encode() + b"\n")

    def _emit(self) -> None:
        options, begun, sent = self._options, time.monotonic(), 0
        per_write = max(1, int(options.rate / WRITES_A_SECOND / options.line)) if options.rate else 0
        total = sys.maxsize if options.until_told else options.emit
        for block in blocks(total, options.line, as_json=options.json, name=self._name, per_block=per_write):
            if options.until_told and self._told_to_stop.is_set():
                break
            self._write(block)
            sent += len(block)
            if options.rate:
                time.sleep(max(0.0, begun + sent / options.rate - time.monotonic()))
        if options.until_told:
            self._write(last_line(sent // options.line, self._name))
        if options.nested:
            self._write(nested(options.nested))
        left = options.huge
        while left > 0:
            self._write(b"y" * min(BLOCK_BYTES, left))
            left -= BLOCK_BYTES
        if options.huge:
            self._write(b"\n")

    def _leave_children(self, count: int, *, keep_output: bool) -> None:
        """Start children in sessions of their own, as a tool call does, and print their process ids."""
        stdout = None if keep_output else subprocess.DEVNULL
        for _ in range(count):
            argv = [sys.executable, "-S", "-E", "-c", SLEEP_FOR_EVER]
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True
            )
            self._write(f"child {child.pid}\n".encode())

    def _answer_input(self) -> None:
        for read in sys.stdin.buffer:
            control = self._control_of(read)
            if control is None:
                if self._options.echo is not None:
                    self._write(self._echo(read))
                self._lines_seen.release()
                if STOP in read:
                    self._told_to_stop.set()
            else:
                self._answer_control(*control)

    def _control_of(self, read: bytes) -> tuple[str, str] | None:
        """Return request id and subtype of a control request, where the options say to obey those."""
        if not self._options.initialize or not read.startswith(b"{"):
            return None
        message = json.loads(read)
        if message.get("type") != "control_request":
            return None
        return message["request_id"], message["request"]["subtype"]

    def _answer_control(self, request_id: str, subtype: str) -> None:
        reply = {"subtype": "success", "request_id": request_id, "response": {}}
        self._write(json.dumps({"type": "control_response", "response": reply}).encode() + b"\n")
        if subtype == "end_session" and not self._options.impolite:
            os._exit(self._options.exit)

    def _echo(self, read: bytes) -> bytes:
        prefix: str = self._options.echo
        if self._options.json:
            text = prefix + read.decode(errors="replace").rstrip("\n")
            return json.dumps({"type": "echo", "text": text}).encode() + b"\n"
        return prefix.encode() + read

    def _write(self, piece: bytes) -> None:
        with self._writing:
            view = memoryview(piece)
            while view:
                view = view[os.write(1, view) :]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options; `--help` lists them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--emit", type=int, default=0, metavar="BYTES", help="print numbered lines, this much in all")
    add("--line", type=int, default=80, metavar="BYTES", help="length of a numbered line")
    add("--until-told", action="store_true", help="print numbered lines until told to stop, and then how many it were")
    add(
        "--named", action="store_true", help="numbered lines begin with the session that --session-id or --resume names"
    )
    add("--rate", type=float, default=0, metavar="BYTES", help="bytes a second; 0 is as fast as it can")
    add("--huge", type=int, default=0, metavar="BYTES", help="then print one line of this length")
    add("--nested", type=int, default=0, metavar="N", help="print a line of JSON that is nested N deep")
    add("--when-emitted", metavar="PIPE", help="write a line into this named pipe once everything is printed")
    add("--goodbye", metavar="TEXT", help="print a line at the end of input, or at SIGTERM")
    add("--json", action="store_true", help="lines and echoes are JSON objects")
    add("--bad-text", action="store_true", help="first print invalid UTF-8, NUL, a split character and CRLF")
    add("--status", metavar="STATE", help="note in Claude's registry what it is at: idle, busy or waiting")
    add("--stderr", metavar="TEXT", help="first print a line to standard error")
    add("--wait-lines", type=int, default=0, metavar="N", help="print only after N lines of input")
    add("--echo", metavar="PREFIX", help="answer every line of input")
    add("--initialize", action="store_true", help="answer control requests with success, and obey end_session")
    add("--impolite", action="store_true", help="answer end_session, and stay")
    add("--ignore", default="", metavar="SIGNALS", help="signals to ignore, with commas")
    add("--children", type=int, default=0, metavar="N", help="leave N children behind, each in a session of its own")
    add("--children-keep-output", action="store_true", help="the children keep standard output open")
    add("--linger", action="store_true", help="stay after the end of input")
    add("--at-once", action="store_true", help="exit without waiting for the end of input")
    add("--die", metavar="SIGNAL", help="end by this signal instead of exiting")
    add("--exit", type=int, default=0, metavar="CODE", help="exit code")
    return parser.parse_args(arguments)


def note_status(pid: int, state: str, waits_for: str | None = None) -> None:
    """Note in the registry of the configuration that CLAUDE_CONFIG_DIR names what a process is at."""
    registry = Path(os.environ["CLAUDE_CONFIG_DIR"]) / "sessions"
    registry.mkdir(parents=True, exist_ok=True)
    fresh = registry / f"{pid}.new"
    fresh.write_text(json.dumps({"pid": pid, "status": state, "waitingFor": waits_for}))
    fresh.replace(registry / f"{pid}.json")


def _session_named() -> str:
    """Return the session that the command line names."""
    words = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith(("--session-id=", "--resume="))]
    return words[0] if words else ""


def main() -> int:
    """Run by FAKE_CLI where that is set, and by the arguments otherwise."""
    scripted = os.environ.get("FAKE_CLI")
    return FakeCli(parse(sys.argv[1:] if scripted is None else shlex.split(scripted))).run()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the thread that reads the input may still be in a read, which a plain exit would wait for
