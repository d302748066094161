"""Run a command with a PostgreSQL server at hand: `python -m scripts.with_postgres COMMAND...`

The server at 127.0.0.1:5432 is taken where it lets us create databases. Otherwise Debian's package is installed and a
private cluster runs for as long as the command, in a temporary folder and on a free port. The command finds the
server's URL in CLAUDIOS_TEST_POSTGRES; one that is set already is used as it is.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from scripts.prepare import debian
from scripts.prepare.step import SetupError, run, say, step

VARIABLE = "CLAUDIOS_TEST_POSTGRES"
READ_ABOVE = "Read the error above, or name a server of your own in CLAUDIOS_TEST_POSTGRES."


def main(command: list[str]) -> int:
    """Run the command and return its exit code."""
    try:
        with server() as url:
            return subprocess.run(command, env={**os.environ, VARIABLE: url}, check=False).returncode
    except SetupError as error:
        say(f"error: {error}")
        say(f"remedy: {error.remedy}")
        return 1


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of a server on which databases may be created."""
    named = os.environ.get(VARIABLE)
    usual = [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", getpass.getuser())]
    found = next((url for url in ([named] if named else usual) if _may_create_databases(url)), None)
    if found is not None:
        yield found
    elif named:
        raise SetupError(f"{VARIABLE} names a server that does not answer or lets nobody create databases.", READ_ABOVE)
    else:
        with private_cluster() as cluster:
            yield cluster.url


class Cluster:
    """A server of one's own in `folder`, which may be stopped and started again."""

    def __init__(self, folder: Path, port: int, control: Sequence[str | Path]) -> None:
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._folder = folder
        self._control = control
        self._options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "log"
        self._run("start", "--wait", "--log", log, "--options", self._options)

    def stop_at_once(self) -> None:
        """End it as a crash would."""
        self._run("stop", "--mode=immediate")

    def _run(self, *words: str | Path) -> None:
        run([*self._control, *words], READ_ABOVE, cwd=self._folder)


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Run a new server for the duration; it leaves nothing behind."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="claudios-postgres-") as folder:
        cluster = Path(folder, "cluster")
        as_owner: list[str | Path] = []
        if os.geteuid() == 0:  # the server refuses to run as root; Debian's package made this account
            shutil.chown(folder, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        port = _free_port()
        with step(f"Starting a private PostgreSQL on port {port}"):
            new = [
                *as_owner,
                programs / "initdb",
                "--pgdata",
                cluster,
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
            ]
            run(new, READ_ABOVE, cwd=Path(folder))
            control = [*as_owner, programs / "pg_ctl", "--pgdata", cluster]
            made = Cluster(Path(folder), port, control)
            made.start()
        try:
            yield made
        finally:
            made.stop_at_once()


def _may_create_databases(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            answer = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return answer.fetchone() == (True,)
    except psycopg.OperationalError:
        return False


def _programs() -> Path:
    """Return the folder of initdb and pg_ctl, installing Debian's package where there is none."""
    for _ in range(2):
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        if packaged:
            return packaged[-1].parent
        if on_path := shutil.which("initdb"):
            return Path(on_path).parent
        debian.install("postgresql", "PostgreSQL")
    raise SetupError("Debian's package postgresql brought no initdb.", READ_ABOVE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
