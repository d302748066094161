"""What a person says to Claude, before it is sent."""

from __future__ import annotations

import io

import click
import pytest

from claudios.cli.commands.steer import text_or_stdin
from claudios.protocol.prompt import MAX_PROMPT_BYTES


def test_a_prompt_beyond_the_limit_is_a_usage_error_that_names_size_and_limit() -> None:
    with pytest.raises(click.UsageError, match="1,000,000 bytes long, and 500,000 is the most") as refused:
        text_or_stdin("x" * 1_000_000)
    assert refused.value.exit_code == 2


def test_the_limit_counts_bytes_not_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("é" * (MAX_PROMPT_BYTES // 2 + 1)))
    with pytest.raises(click.UsageError, match="500,002 bytes"):
        text_or_stdin("-")


def test_a_prompt_of_exactly_the_limit_is_sent_whole() -> None:
    assert text_or_stdin("x" * MAX_PROMPT_BYTES) == "x" * MAX_PROMPT_BYTES


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_nothing_is_not_sent(nothing: str) -> None:
    with pytest.raises(click.UsageError, match="nothing to say"):
        text_or_stdin(nothing)
