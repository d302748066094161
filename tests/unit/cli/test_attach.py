"""Which key may leave a terminal session."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from claudios.cli.commands.attach import attach


def said(key: str) -> str:
    return CliRunner().invoke(attach, ["--detach-key", key, "3f2a"], obj=None).output


@pytest.mark.parametrize(("key", "other"), [("ctrl-[", "Esc or any arrow"), ("Ctrl-I", "Tab"), ("ctrl-m", "Enter")])
def test_a_key_that_others_type_too_leaves_nothing(key: str, other: str) -> None:
    assert f"{key} is what {other} types too." in said(key)


@pytest.mark.parametrize("key", ["ctrl-]", "ctrl-q", "Ctrl-@"])
def test_any_other_key_with_ctrl_may(key: str) -> None:
    assert "--detach-key" not in said(key)


@pytest.mark.parametrize("key", ["q", "ctrl-", "ctrl-1", "alt-q"])
def test_a_key_without_ctrl_does_not(key: str) -> None:
    assert "Name one such as ctrl-]" in said(key)
