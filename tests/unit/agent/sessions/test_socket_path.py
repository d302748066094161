"""Where a session's socket is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claudios.agent.sessions.socket_path import MAX_PATH_BYTES, socket_path


def test_it_is_beside_the_sessions_files_where_its_path_is_short_enough() -> None:
    assert socket_path(Path("/s/1")) == Path("/s/1/socket")


def test_a_long_path_is_replaced_by_a_short_one_that_is_the_same_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    long = tmp_path / ("x" * 100)
    first = socket_path(long)
    assert first == socket_path(long)
    assert first != socket_path(long / "other")
    assert len(os.fsencode(first)) <= MAX_PATH_BYTES


def test_a_runtime_directory_that_is_itself_too_deep_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("y" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert len(os.fsencode(socket_path(tmp_path / ("x" * 100)))) <= MAX_PATH_BYTES
