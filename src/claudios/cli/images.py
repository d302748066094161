"""`--image FILE`: images that go with a prompt."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from claudios.protocol.images import MAX_IMAGES_BYTES, images_fault

image_option = click.option(
    "--image",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An image to go with the prompt: PNG, JPEG, WebP or GIF. May be repeated.",
)


def images_of(files: Iterable[Path]) -> tuple[bytes, ...]:
    """Return the images in files. Raises UsageError where they cannot be read, or sent."""
    images = tuple(map(_read, files))
    fault = images_fault(images)
    if fault is not None:
        raise click.UsageError(fault)
    return images


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_IMAGES_BYTES + 1)  # one that is longer is refused, however long it is
    except OSError as problem:
        raise click.UsageError(f"{file} cannot be read: {problem.strerror}.") from problem
