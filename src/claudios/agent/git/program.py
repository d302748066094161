"""The machine's `git`, run without a shell, bounded in time and output, and deaf to what a repository would have run.

A repository's own configuration can name programs: hooks, a file system monitor, external diffs, text conversions,
filters, merge drivers. Whoever looks at a repository has not agreed to run them. Those with fixed names are switched
off; those with names of their own are looked up before each run, and taken back where the repository itself gave
them. What the person's own configuration names, such as the filter of git-lfs, stays. No protocol is allowed, so that
nothing is fetched, as a partial clone would.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer

from claudios.protocol.errors import LocalError

LOOK_SECONDS = 10.0
ACT_SECONDS = 20.0
"""Who asks waits little longer than this."""
END_SECONDS = 2.0
"""How long git has to remove its locks when the agent stops."""
STOPPING = "The agent stops, and git with it. Ask again when it is back."
MAX_OUTPUT_BYTES = 4 * 1024 * 1024
MAX_COMPLAINT_BYTES = 16 * 1024
MAX_TAKEN_BACK = 200
"""How many settings of a repository are taken back; one that has more is not looked at."""

_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    "--no-replace-objects",
)
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.editor": ":",
    "credential.helper": "",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "diff.ignoreSubmodules": "dirty",
    "diff.suppressBlankEmpty": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "rerere.enabled": "false",
    "log.showSignature": "false",
    "commit.gpgSign": "false",
    "merge.autoStash": "false",
    "merge.verifySignatures": "false",
}
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_EDITOR": ":",
    "GIT_PAGER": "cat",
}
# What a repository may name with names of its own, and what takes each back. A merge driver that is taken back
# conflicts: nobody can know what it would have made of the two sides.
_TAKEN_BACK = {
    ("filter", "clean"): "",
    ("filter", "smudge"): "",
    ("filter", "process"): "",
    ("filter", "required"): "false",
    ("diff", "command"): "",
    ("diff", "textconv"): "",
    ("merge", "driver"): "false",
    ("hook", "command"): ":",
    ("hook", "enabled"): "false",
}
# What a filter of the person's own, such as git-lfs, would run where it fetches.
_TAKEN_BACK_BY_NAME = {"core.sshcommand": "ssh", "core.askpass": ""}
_PROGRAMS_OF_LFS = ("lfs.extension.", "lfs.customtransfer.", "lfs.standalonetransferagent")
_OWN_SCOPES = frozenset({"local", "worktree"})
_CHUNK_BYTES = 64 * 1024


class GitFailed(LocalError):
    """Git could not do this. What it says is in the message."""

    code = "git_failed"


class NoGit(GitFailed):
    """There is no git on this machine. Install it, and restart the agent."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of git gave: `is_cut` where it had more to say and was ended."""

    status: int
    output: bytes
    complaint: str
    is_cut: bool = False

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace").removesuffix("\n")


class Git:
    """The `git` found with `environment`, whose own GIT_ variables are not passed on."""

    def __init__(self, environment: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> None:
        self._program = shutil.which("git", path=environment.get("PATH"))
        kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
        self._environment = {**kept, **_ENVIRONMENT}
        self._now = now
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_closed = False

    def close(self, seconds: float = END_SECONDS) -> None:
        """Run nothing more, and have what runs end: politely, so that it removes its locks, after `seconds` by force.

        Returns at once. Who waits for a run gets GitFailed, unless it is done; one that was to change something is to
        be made again. What is let finish runs on.
        """
        with self._lock:
            self._is_closed = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        if running:
            force = Timer(seconds, _kill, running)
            force.daemon = True
            force.start()

    def look(
        self, directory: Path, *arguments: str, max_bytes: int = MAX_OUTPUT_BYTES, seconds: float = LOOK_SECONDS
    ) -> Ran:
        """Run what changes nothing, and return how it went. Raises GitFailed where it cannot run or end in time."""
        return self._run(directory, arguments, self._settings(directory), seconds, max_bytes)

    def ask(self, directory: Path, *arguments: str) -> str:
        """Return what it prints. Raises GitFailed for any exit status but 0."""
        return _succeeded(self.look(directory, *arguments)).text

    def act(
        self,
        directory: Path,
        *arguments: str,
        seconds: float = ACT_SECONDS,
        within: Path | None = None,
        finishes: bool = False,
    ) -> str:
        """Run what changes something, and return what it prints. Raises GitFailed for any exit status but 0.

        `within` is a worktree in which git then runs itself: a conditional include may hold there that does not here.
        With `finishes` it is not ended by `close`: half done, it would leave a person's own files in disorder.
        """
        settings = self._settings(directory) | ({} if within is None else self._settings(within))
        return _succeeded(self._run(directory, arguments, settings, seconds, MAX_OUTPUT_BYTES, finishes=finishes)).text

    def _settings(self, directory: Path) -> dict[str, str]:
        """Return the settings to run with: the fixed ones, and those that take back what the repository names."""
        listed = self._run(
            directory,
            ("config", "--null", "--show-scope", "--name-only", "--list"),
            _SETTINGS,
            LOOK_SECONDS,
            MAX_OUTPUT_BYTES,
        )
        if listed.is_cut:
            raise GitFailed("The configuration of this repository is too long to be looked through. Shorten it.")
        if listed.status != 0:
            return dict(_SETTINGS)  # what follows fails as this did, and tells why
        words = listed.output.decode(errors="surrogateescape").split("\0")
        taken_back: dict[str, str] = {}
        for scope, name in zip(words[::2], words[1::2], strict=False):
            if scope in _OWN_SCOPES:
                taken_back.update(_against(name))
        if len(taken_back) > MAX_TAKEN_BACK:
            raise GitFailed(f"This repository names more than {MAX_TAKEN_BACK} programs to run. It is not looked at.")
        return _SETTINGS | taken_back

    def _run(
        self,
        directory: Path,
        arguments: Sequence[str],
        settings: Mapping[str, str],
        seconds: float,
        max_bytes: int,
        *,
        finishes: bool = False,
    ) -> Ran:
        if self._program is None:
            raise NoGit
        process = self._begin(self._program, directory, arguments, settings, finishes=finishes)
        try:
            output, complaint, is_cut = self._read(process, self._now() + seconds, max_bytes)
            status = 0 if is_cut else process.wait(max(0.1, seconds))
        except (TimeoutError, subprocess.TimeoutExpired) as late:
            raise GitFailed(
                f"Git took longer than {seconds:g} s for `git {arguments[0]}` and was ended. Try again."
            ) from late
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)
        if status != 0 and self._is_closed and not finishes:
            raise GitFailed(STOPPING)
        return Ran(status, output, complaint.decode(errors="replace").strip(), is_cut)

    def _begin(
        self,
        program: str,
        directory: Path,
        arguments: Sequence[str],
        settings: Mapping[str, str],
        *,
        finishes: bool,
    ) -> subprocess.Popen[bytes]:
        with self._lock:  # what has begun, and may be ended, is known to whoever closes
            if self._is_closed:
                raise GitFailed(STOPPING)
            try:
                process = subprocess.Popen(
                    [program, *_OPTIONS, *arguments],
                    cwd=directory,
                    env=self._environment | _as_environment(settings),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except (OSError, ValueError) as problem:
                raise GitFailed(f"Git could not be run in {directory}: {problem}.") from problem
            if not finishes:
                self._running.add(process)
            return process

    def _read(self, process: subprocess.Popen[bytes], until: float, max_bytes: int) -> tuple[bytes, bytes, bool]:
        """Return what it prints and what it complains of, and whether the first was cut. Raises TimeoutError."""
        assert process.stdout is not None
        assert process.stderr is not None
        output, complaint = bytearray(), bytearray()
        with selectors.DefaultSelector() as streams:
            streams.register(process.stdout, selectors.EVENT_READ, output)
            streams.register(process.stderr, selectors.EVENT_READ, complaint)
            while streams.get_map():
                ready = streams.select(max(0.0, until - self._now()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    if not chunk:
                        streams.unregister(key.fileobj)
                    elif key.data is output:
                        output += chunk
                    elif len(complaint) < MAX_COMPLAINT_BYTES:
                        complaint += chunk
                if len(output) > max_bytes:
                    return bytes(output[:max_bytes]), bytes(complaint), True
        return bytes(output), bytes(complaint), False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run with whatever it started; nothing where it has ended."""
    if process.poll() is None:
        _signal(process, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a run with whatever it started, unless it was waited for: its number may be another's then."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def _kill(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        _signal(process, signal.SIGKILL)


def _against(name: str) -> dict[str, str]:
    """Return the settings that take back one of a repository's, if it names a program."""
    section, _, rest = name.partition(".")
    _, dot, key = rest.rpartition(".")
    if dot and (section, key) in _TAKEN_BACK:  # the name between may be empty, and counts all the same
        return {name: _TAKEN_BACK[section, key]}
    if name in _TAKEN_BACK_BY_NAME:
        return {name: _TAKEN_BACK_BY_NAME[name]}
    if name.startswith(_PROGRAMS_OF_LFS):
        return {f"filter.lfs.{key}": _TAKEN_BACK["filter", key] for key in ("clean", "smudge", "process", "required")}
    return {}


def _as_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings as git takes them from its environment: there a name may hold any letter, with -c it may not."""
    numbered = {}
    for number, (name, value) in enumerate(settings.items()):
        numbered[f"GIT_CONFIG_KEY_{number}"] = name
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    return {"GIT_CONFIG_COUNT": str(len(settings)), **numbered}


def _succeeded(ran: Ran) -> Ran:
    if ran.is_cut:
        raise GitFailed("Git said more than is taken from it. Do this on the machine itself.")
    if ran.status != 0:
        raise GitFailed(f"Git did not do it: {ran.complaint[:1000] or f'exit status {ran.status}'}")
    return ran
