"""A directory that a machine's policy allows, with something beside it that is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from claudios.agent.files.places import Places
from claudios.agent.policy import Policy

SECRET = b"nobody's business"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "work"
    (made / "src").mkdir(parents=True)
    (made / "src/main.py").write_bytes(b"print('hello')\n")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/main.py").write_bytes(SECRET)
    return made


@pytest.fixture
def places(work: Path) -> Places:
    return Places(Policy((work,), (), work), ())
