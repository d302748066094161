from __future__ import annotations

from pathlib import Path

import pytest

from claudios.agent.sessions.socket_path import MAX_PATH_BYTES, socket_path
from claudios.protocol.errors import SpawnFailed

LONG = "x" * MAX_PATH_BYTES


def test_the_socket_lies_beside_the_sessions_files() -> None:
    assert socket_path(Path("/state/session")) == Path("/state/session/socket")


def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_private_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = socket_path(Path(f"/{LONG}/a"))
    assert path.parent == tmp_path / "claudios"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path == socket_path(Path(f"/{LONG}/a"))
    assert path != socket_path(Path(f"/{LONG}/b"))


def test_a_directory_that_others_may_enter_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "claudios").mkdir(mode=0o755)
    with pytest.raises(SpawnFailed):
        socket_path(Path(f"/{LONG}/a"))
