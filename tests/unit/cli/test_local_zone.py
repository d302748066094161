"""Whose days `claudios usage` sums up where nobody says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from claudios.cli.commands.usage import local_zone

Clock = Callable[[str], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Set the machine's clock to a time zone that TZ does not name."""

    def to(zone: str) -> None:
        with monkeypatch.context() as named:
            named.setenv("TZ", zone)
            time.tzset()
        monkeypatch.delenv("TZ", raising=False)

    yield to
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        (":Asia/Kathmandu", "Asia/Kathmandu"),
        ("/usr/share/zoneinfo/Asia/Kathmandu", "Asia/Kathmandu"),
        ("", "UTC"),
    ],
)
def test_tz_names_the_time_zone(said: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", said)
    assert local_zone(tmp_path / "localtime") == name


def test_a_link_names_the_time_zone(clock: Clock, tmp_path: Path) -> None:
    clock("UTC0")
    linked = tmp_path / "localtime"
    linked.symlink_to(tmp_path / "zoneinfo" / "Europe" / "Zurich")
    assert local_zone(linked) == "Europe/Zurich"


def test_a_copied_time_zone_is_not_taken_for_utc(clock: Clock, tmp_path: Path) -> None:
    """Another zone's days were summed up, and nothing said so."""
    copied = tmp_path / "localtime"
    copied.write_bytes(b"TZif")
    clock("UTC0")
    assert local_zone(copied) == "UTC"
    clock("CET-1CEST")
    with pytest.raises(click.UsageError, match="--time-zone"):
        local_zone(copied)
