"""The page as it is built and served: which of its files are loaded first, and how large they are."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from claudios.server.web import static

PAGE = Path(static.__file__).parent / "page"
_NAMED = re.compile(r'(?:src|href)="/assets/([^"]+)"')
_IMPORTED = re.compile(r'(?:from|import)\s*"\./([^"]+)"')


def assets() -> list[Path]:
    """Return all files that the page may load."""
    return sorted((PAGE / "assets").iterdir())


def entry() -> list[Path]:
    """Return what is loaded before the first view is drawn: what the document names, and what that imports at once."""
    found: dict[str, Path] = {}
    wanted = _NAMED.findall((PAGE / "index.html").read_text())
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = PAGE / "assets" / name
            wanted += _IMPORTED.findall(found[name].read_text()) if name.endswith(".js") else []
    return list(found.values())


def gzip_bytes(file: Path) -> int:
    """Return a file's size as it is sent."""
    return len(gzip.compress(file.read_bytes(), 9))
