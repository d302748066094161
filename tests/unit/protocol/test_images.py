"""What goes to Claude as an image."""

from __future__ import annotations

import pytest

from claudios.protocol.images import MAX_IMAGES, MAX_IMAGES_BYTES, images_fault, media_type_of

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (PNG + b"rest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"GIF87a...", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (PNG[:-1], None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_what_an_image_is(raw: bytes, media_type: str | None) -> None:
    assert media_type_of(raw) == media_type


def test_number_kind_and_size_are_bounded() -> None:
    assert images_fault([]) is None
    assert images_fault([PNG] * MAX_IMAGES) is None
    assert "the most" in str(images_fault([PNG] * (MAX_IMAGES + 1)))
    assert "Image 2 is not" in str(images_fault([PNG, b"?"]))
    assert images_fault([PNG.ljust(MAX_IMAGES_BYTES)]) is None
    assert "together" in str(images_fault([PNG.ljust(MAX_IMAGES_BYTES), PNG]))
