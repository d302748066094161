"""A person at a terminal: a home of their own, the installed program, and what it prints."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

PATIENCE_SECONDS = 60.0
PROGRAM = Path(sys.executable).with_name("claudios")

T = TypeVar("T")


def until(what: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    """Ask again and again until the answer is something; fail loudly when it never is."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"it did not come about within {seconds:.0f} s"
        time.sleep(0.05)


def use_link(link: str) -> int:
    """Use a sign-in link as the page does; return the status."""
    url, _, code = link.partition("#")
    request = urllib.request.Request(
        url.replace("/sign-in", "/api/v1/auth/link"),
        json.dumps({"code": code}).encode(),
        {"Content-Type": "application/json", "Origin": url.removesuffix("/sign-in")},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Person:
    """Somebody with a home of their own below `directory`, where all the program's files go."""

    directory: Path
    program: Path = PROGRAM
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "state", "config", "run"):
            (self.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def environment(self) -> dict[str, str]:
        """A complete, minimal environment: nothing of the machine's own Claude gets in."""
        return {
            "PATH": f"{self.program.parent}:{os.defpath}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(self.directory / "state"),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "XDG_RUNTIME_DIR": str(self.directory / "run"),
            "TERM": "xterm",
            **self.extra,
        }

    def run(self, *arguments: str, stdin: str = "", expect: int | None = 0) -> Done:
        """Run a command to its end; check its exit code unless `expect` is None."""
        done = subprocess.run(
            [self.program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.home,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        told = f"claudios {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, told
        assert expect is None or done.returncode == expect, told
        return Done(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Running]:
        """Run a command beside the test; it is killed at the end if it is still there."""
        with (self.directory / "stderr").open("ab") as stderr:
            process = subprocess.Popen(
                [self.program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=self.environment,
                cwd=self.home,
            )
        running = Running(process, self.directory / "stderr")
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()

    @contextmanager
    def at_terminal(self, *arguments: str) -> Iterator[Terminal]:
        """Run a command at a terminal of its own, where Ctrl+C can be pressed."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [self.program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self.environment,
            cwd=self.home,
            preexec_fn=lambda: os.login_tty(slave),
        )
        os.close(slave)
        try:
            yield Terminal(process, master)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(master)

    def session(self, session_id: str) -> Any:
        """Return a session as `ps` tells it."""
        return next(each for each in self.run("ps", "-a", "--json").json if each["id"] == session_id)


@dataclass
class Running:
    """A command that runs beside the test."""

    process: subprocess.Popen[str]
    _stderr: Path

    def line(self, containing: str = "") -> str:
        """Return the next line of standard output that contains a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if containing in line:
                return line
        raise AssertionError(f"it ended without saying {containing!r}: {self.said()}")

    def said(self) -> str:
        """Return what it said on standard error so far."""
        return self._stderr.read_text()

    def interrupt(self) -> None:
        """Press Ctrl+C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(PATIENCE_SECONDS)

    def family(self) -> list[psutil.Process]:
        """Return it and all processes below it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@dataclass
class Terminal:
    """A command at a terminal."""

    process: subprocess.Popen[bytes]
    master: int
    screen: str = ""

    def until(self, text: str) -> str:
        """Read until the screen shows a text that was not there when last looked for; return all of it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.screen:
            assert time.monotonic() < end, f"the terminal never showed {text!r}: {self.screen}"
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    read = os.read(self.master, 65_536)
                except OSError:  # the other side has closed
                    read = b""
                assert read, f"it ended without showing {text!r}: {self.screen}"
                self.screen += read.decode(errors="replace")
        shown, _, self.screen = self.screen.partition(text)
        return shown + text

    def type(self, text: str) -> None:
        """Press keys; "\\x03" is Ctrl+C."""
        os.write(self.master, text.encode())

    def ended(self) -> int:
        """Wait for the end, reading what is still shown, and return the exit code."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end: {self.screen}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.screen += os.read(self.master, 65_536).decode(errors="replace")
                except OSError:
                    break
        return self.process.wait(PATIENCE_SECONDS)
