"""What `claudios export` and `claudios verify` need of memory for a long record: `python -m bench.record_memory [MIB]`.

Puts a session with so much output (1,024 MiB) into a fresh store, starts a server on it, and runs each command as its
own process. Prints the most memory that each process has had, and the server's after each.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.ingest.verify import Source
from claudios.server.instructions import starting
from claudios.server.instructions.accept import Asker
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agents, log, projects, registrations, tokens
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession
from tests.helpers.synthetic_agent import Output, SyntheticAgent

MIB = 1024 * 1024
FRAMES = 16
LOOK_SECONDS = 0.02
FRAME_BYTES = MIB // FRAMES


def main() -> int:
    """Return 0 when every command succeeded."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory(prefix="claudios-record-") as directory:
        state = Path(directory)
        session_id, token = _fill(state, size)
        server, url = _serve(state)
        try:
            _told("server, idle", _most_mib(server.pid), 0.0)
            for words in (("export", session_id, "-o", str(state / "record")), ("verify", session_id)):
                _run(words, url, token, state)
                _told("  the server by then", _most_mib(server.pid), 0.0)
            _run(("verify", str(state / "record")), url, token, state)
        finally:
            server.terminate()
            server.wait()
    return 0


def _fill(state: Path, size: int) -> tuple[str, str]:
    store = Store(f"sqlite:///{state / 'claudios.db'}")
    key = ServerKey.open(state / "server.key")
    with store.engines[0].begin() as connection:
        session_id, token, source, output = _make(connection, key)
    for _ in range(size):
        payloads = [secrets.token_bytes(FRAME_BYTES) for _ in range(FRAMES)]
        with store.engines[0].begin() as connection:
            log.append(connection, source, output.batch(1, *payloads), 1)
    store.close()
    return session_id, token


def _make(connection: Connection, key: ServerKey) -> tuple[str, str, Source, Output]:
    user = accounts.create(connection, "ann", None, 1)
    project = projects.create(connection, user.id, "project", 1)
    made, agent_token = agents.create(connection, key, project.id, "agent", 1)
    agent = SyntheticAgent("", project.id, made.id, agent_token)
    registrations.register(connection, made.id, agent.hello(), "websocket", 1)
    new = NewSession(str(uuid4()), project.id, made.id, "", Mode.CHAT, "/w", None, PermissionMode.DEFAULT)
    starting.start(connection, new, "first", Asker(user.id, user.username), 1)
    source = Source(made.id, project.id, agent.keys.key_id, agent.keys.sign, 1)
    return new.id, tokens.create(connection, user.id, "bench", 1).token, source, agent.output(new.id)


def _serve(state: Path) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "claudios.server", "--port", "0", "--state-dir", str(state)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    found = re.search(r"listening on (http[^\s\"]+)", server.stderr.readline())
    assert found is not None
    return server, found[1]


def _run(words: tuple[str, ...], url: str, token: str, state: Path) -> None:
    begun = time.monotonic()
    environment = {**os.environ, "CLAUDIOS_SERVER": url, "CLAUDIOS_TOKEN": token, "HOME": str(state)}
    child = subprocess.Popen(
        [Path(sys.executable).with_name("claudios"), *words], env=environment, stdout=subprocess.DEVNULL
    )
    most = 0.0
    while child.poll() is None:
        most = max(most, _most_mib(child.pid))
        time.sleep(LOOK_SECONDS)
    if child.returncode:
        raise RuntimeError(f"{words[0]} ended with {child.returncode}")
    _told(
        f"claudios {words[0]} {'FILE' if words[0] == 'verify' and '/' in words[1] else 'SESSION'}",
        most,
        time.monotonic() - begun,
    )


def _most_mib(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0  # it has just ended


def _told(what: str, mib: float, seconds: float) -> None:
    print(f"{what}: {mib:.0f} MiB at most" + (f", {seconds:.0f} s" if seconds else ""), flush=True)


if __name__ == "__main__":
    sys.exit(main())
