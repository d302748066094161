"""`--image FILE`."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from claudios.cli.images import images_of
from claudios.protocol.images import MAX_IMAGES_BYTES

PNG = b"\x89PNG\r\n\x1a\n"


def test_images_are_read_in_the_order_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG + b"a")
    (tmp_path / "b.png").write_bytes(PNG + b"b")
    assert images_of([tmp_path / "b.png", tmp_path / "a.png"]) == (PNG + b"b", PNG + b"a")


@pytest.mark.parametrize(
    ("content", "why"), [(b"text", "Image 1 is not a PNG"), (PNG + bytes(3 * MAX_IMAGES_BYTES), "Scale them down")]
)
def test_what_cannot_be_sent_is_a_usage_error(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(click.UsageError, match=why):
        images_of([tmp_path / "a.png"])
