from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from claudios.agent.sessions.socket_path import MAX_PATH_BYTES, socket_path
from claudios.protocol.errors import SpawnFailed

LONG = "x" * MAX_PATH_BYTES


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory with a path as short as they usually are."""
    with TemporaryDirectory(prefix="run") as directory:
        monkeypatch.setenv("XDG_RUNTIME_DIR", directory)
        yield Path(directory)


def test_the_socket_lies_beside_the_sessions_files() -> None:
    assert socket_path(Path("/state/session")) == Path("/state/session/socket")


def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_private_one(
    runtime: Path,
) -> None:
    path = socket_path(Path(f"/{LONG}/a"))
    assert path.parent == runtime / "claudios"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path == socket_path(Path(f"/{LONG}/a"))
    assert path != socket_path(Path(f"/{LONG}/b"))


def test_a_directory_that_others_may_enter_is_not_used(runtime: Path) -> None:
    (runtime / "claudios").mkdir(mode=0o755)
    with pytest.raises(SpawnFailed):
        socket_path(Path(f"/{LONG}/a"))


def test_a_runtime_directory_that_lies_too_deep_is_passed_over(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / LONG))
    assert len(str(socket_path(Path(f"/{LONG}/a")))) <= MAX_PATH_BYTES
