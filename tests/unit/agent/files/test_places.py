"""Where a path leads, and that nothing else is opened: rule L-19."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from claudios.agent.config import load
from claudios.agent.files.directories import list_directory
from claudios.agent.files.places import Places, own_paths
from claudios.agent.files.reading import read_file
from claudios.agent.files.uploads import Uploads
from claudios.agent.policy import Policy
from claudios.protocol.asking import ListDirectory, ReadFile, WriteFile
from claudios.protocol.errors import ClaudiosError, Conflict, Forbidden, NotFound, PolicyForbids
from tests.unit.agent.files.conftest import SECRET
from tests.unit.agent.test_config import TOKEN

pytestmark = pytest.mark.fault("X13")

ROUNDS = 400


def read(places: Places, path: str) -> bytes:
    return read_file(places, ReadFile(path=path)).content


def test_paths_count_from_the_default_directory_or_the_root(places: Places, work: Path) -> None:
    for path in ("src/main.py", f"{work}/src/main.py", "src/../src/./main.py", "src//main.py"):
        assert read(places, path) == b"print('hello')\n"


@pytest.mark.parametrize("path", ["../secret/main.py", "src/../../secret/main.py", "/etc/passwd", "/", "..", "~/x"])
def test_no_path_leads_out_of_what_the_policy_allows(places: Places, path: str) -> None:
    for ask in (
        lambda: read(places, path),
        lambda: list_directory(places, ListDirectory(path=path)),
        writing(places, path),
    ):
        with pytest.raises(PolicyForbids, match="allowedDirectories"):
            ask()


def test_a_link_is_followed_where_it_leads_to_what_may_be_seen_and_nowhere_else(places: Places, work: Path) -> None:
    (work / "in").symlink_to("src")
    (work / "out").symlink_to(work.parent / "secret")
    (work / "key").symlink_to(work.parent / "secret/main.py")
    (work / "round").symlink_to("round")
    assert read(places, "in/main.py") == b"print('hello')\n"
    for path in ("out/main.py", "key"):
        with pytest.raises(PolicyForbids) as refused:
            read(places, path)
        assert "secret" not in refused.value.message
        with pytest.raises(PolicyForbids):
            writing(places, path)()
    with pytest.raises(ClaudiosError):
        read(places, "round/main.py")
    assert (work.parent / "secret/main.py").read_bytes() == SECRET


def test_a_directory_that_became_a_link_since_it_was_judged_is_not_passed_through(places: Places, work: Path) -> None:
    judged = places.locate("src/main.py")
    (work / "src").rename(work / "before")
    (work / "src").symlink_to(work.parent / "secret")
    with pytest.raises(Conflict, match="Look again"), places.opened_file(judged):
        pass
    with pytest.raises(Conflict, match="Look again"), places.opened(judged.parent):
        pass


def test_a_file_that_became_a_link_since_it_was_judged_is_not_opened(places: Places, work: Path) -> None:
    judged = places.locate("src/main.py")
    judged.unlink()
    judged.symlink_to(work.parent / "secret/main.py")
    with pytest.raises(Conflict, match="Look again"), places.opened_file(judged):
        pass


def test_what_is_opened_stays_what_it_was_whatever_takes_its_name(places: Places, work: Path) -> None:
    with places.opened(work / "src") as directory:
        (work / "src").rename(work / "before")
        (work / "src").symlink_to(work.parent / "secret")
        assert os.stat("main.py", dir_fd=directory).st_ino == (work / "before/main.py").stat().st_ino


def test_nothing_of_outside_is_ever_read_listed_or_written_while_a_directory_is_swapped(
    places: Places, work: Path
) -> None:
    secret = work.parent / "secret"
    (secret / "only-outside").touch()
    uploads, seen = Uploads(places), set[bytes]()
    with swapping(work / "src", secret):
        for _ in range(ROUNDS):
            with suppress(ClaudiosError):
                seen.add(read(places, "src/main.py"))
            with suppress(ClaudiosError):
                names = {each.name for each in list_directory(places, ListDirectory(path="src")).entries}
                assert "only-outside" not in names
            with suppress(ClaudiosError):
                uploads.write(
                    WriteFile(path="src/up", upload=os.urandom(16).hex(), offset=0, content=b"x", is_last=True)
                )
    assert seen == {b"print('hello')\n"}
    assert sorted(each.name for each in secret.iterdir()) == ["main.py", "only-outside"]


def test_nothing_of_outside_is_ever_read_or_replaced_while_a_file_is_swapped(places: Places, work: Path) -> None:
    secret = work.parent / "secret/main.py"
    uploads, seen = Uploads(places), set[bytes]()
    with swapping(work / "src/main.py", secret):
        for _ in range(10 * ROUNDS):
            with suppress(ClaudiosError):
                seen.add(read(places, "src/main.py"))
            with suppress(ClaudiosError):
                upload = os.urandom(16).hex()
                piece = WriteFile(path="src/main.py", upload=upload, offset=0, content=b"x", is_last=True)
                uploads.write(piece)
    assert SECRET not in seen
    assert secret.read_bytes() == SECRET


SWAP = """
import os, sys
here, aside, link = sys.argv[1:]
print("begun", flush=True)
while True:
    for source, target in ((here, aside), (link, here), (here, link), (aside, here)):
        os.rename(source, target)
"""


@contextmanager
def swapping(victim: Path, target: Path) -> Iterator[None]:
    """Have another process put a link to `target` in the place of something and take it away again, over and over."""
    aside, link = victim.with_name("aside"), victim.with_name("link")
    link.symlink_to(target)
    command = [sys.executable, "-S", "-c", SWAP, str(victim), str(aside), str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as swapper:
        try:
            assert swapper.stdout is not None
            swapper.stdout.readline()
            yield
            assert swapper.poll() is None
        finally:
            swapper.kill()


def test_pipes_sockets_and_devices_are_not_opened(places: Places, work: Path) -> None:
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(work)  # the name of a socket is short
        try:
            listening.bind("socket")
        finally:
            os.chdir(here)
        everywhere = Places(Policy((), (), work), ())
        for path in ("pipe", "socket", "/dev/zero", "src"):
            with pytest.raises(Conflict, match="no file"):
                read(everywhere, path)
            with pytest.raises(Conflict, match="no file"):
                writing(everywhere, path, overwrite=True)()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc")
def test_what_the_kernel_tells_of_processes_is_no_file(work: Path) -> None:
    everywhere = Places(Policy((), (), work), ())
    for path in ("/proc/self/environ", "/proc/1/../self/environ"):
        with pytest.raises(PolicyForbids, match="kernel"):
            read(everywhere, path)
    for path in ("/proc", "/proc/self"):
        with pytest.raises(PolicyForbids, match="kernel"):
            list_directory(everywhere, ListDirectory(path=path))


@pytest.mark.fault("X12")
def test_the_agents_own_files_are_shown_to_nobody(tmp_path: Path) -> None:
    token, state = tmp_path / "token", tmp_path / "state"
    token.write_text(TOKEN.text)
    token.chmod(0o600)
    state.mkdir()
    (state / "checkpoint.key").write_bytes(SECRET)
    (state / "worktrees/work-01234567").mkdir(parents=True)
    (state / "worktrees/work-01234567/a.txt").write_bytes(b"a")
    (state / "worktrees/01234567.json").write_bytes(SECRET)
    (tmp_path / "innocent").symlink_to(state)
    settings = load(
        ["--state-dir", str(state), "--agent-token-file", str(token)],
        {"SERVER_URL": "http://127.0.0.1:1", "HOME": str(tmp_path)},
    )
    policy = Policy((), (), tmp_path, worktrees=settings.policy.worktrees)
    places = Places(policy, own_paths(settings))
    assert read(places, "state/worktrees/work-01234567/a.txt") == b"a"
    for path in ("token", "state/checkpoint.key", "innocent/checkpoint.key", "state/worktrees/01234567.json"):
        with pytest.raises(PolicyForbids, match="its own files"):
            read(places, path)
        with pytest.raises(PolicyForbids, match="its own files"):
            writing(places, path, overwrite=True)()
    with pytest.raises(PolicyForbids, match="its own files"):
        list_directory(places, ListDirectory(path="innocent"))


@pytest.mark.fault("X12")
def test_settings_in_the_working_directory_are_the_agents_own_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"serverUrl": "http://127.0.0.1:1", "agentToken": TOKEN.text, "stateDirectory": "state"}
    Path("config.json").write_text(json.dumps(given))
    Path("config.json").chmod(0o600)
    settings = load([], {"HOME": str(tmp_path)})
    assert settings.config_file == Path("config.json")
    with pytest.raises(PolicyForbids, match="its own files"):
        read(Places(Policy((), (), tmp_path), own_paths(settings)), "config.json")


def test_what_is_not_there_and_what_the_user_may_not_see_is_said(places: Places, work: Path) -> None:
    with pytest.raises(NotFound, match="There is no"):
        read(places, "src/gone")
    with pytest.raises(Conflict):
        read(places, "src/main.py/below")
    if os.geteuid() != 0:
        (work / "src/main.py").chmod(0)
        with pytest.raises(Forbidden, match="has no right"):
            read(places, "src/main.py")


def writing(places: Places, path: str, *, overwrite: bool = False) -> Callable[[], object]:
    piece = WriteFile(path=path, upload="0" * 32, offset=0, content=b"x", is_last=True, overwrite=overwrite)
    return lambda: Uploads(places).write(piece)
