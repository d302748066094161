"""What an image may be that goes to Claude with a prompt, or is shown: its type by its first bytes, number and size."""

from __future__ import annotations

from collections.abc import Sequence

MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
MAX_IMAGES = 8
MAX_IMAGES_BYTES = 2_000_000
"""All images of a prompt together: they travel in Base64, and with their prompt in one request, message and line."""


def media_type_of(raw: bytes) -> str | None:
    """Return the media type that the first bytes of an image tell; None for what Claude takes no images of."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if raw.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "image/webp"
    return None


def images_fault(images: Sequence[bytes]) -> str | None:
    """Return what is wrong with the images of a prompt, as a sentence; None when they can be sent."""
    if len(images) > MAX_IMAGES:
        return f"These are {len(images)} images, and {MAX_IMAGES} is the most that go with one prompt. Send some later."
    for place, raw in enumerate(images, 1):
        if media_type_of(raw) is None:
            return f"Image {place} is not a PNG, JPEG, WebP or GIF. Convert it to one of them."
    size = sum(map(len, images))
    if size > MAX_IMAGES_BYTES:
        return (
            f"The images have {size:,} bytes together, and {MAX_IMAGES_BYTES:,} is the most that can be sent. "
            "Scale them down, or put them on the agent's machine and ask Claude to read them."
        )
    return None
