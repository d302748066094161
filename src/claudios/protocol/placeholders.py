"""Places in a template's prompt that are filled in before it is sent.

`{name}` is one; `{{name}}` stands for `{name}` itself; a shell's `${name}` and any other brace are what they are. A
name is a letter and then up to 39 letters, digits, blanks, `_` or `-`. The page's `placeholders.ts` has the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = r"[A-Za-z][A-Za-z0-9 _-]{0,39}"
_PLACE = re.compile(rf"\$\{{{_NAME}\}}|\{{\{{({_NAME})\}}\}}|\{{({_NAME})\}}")


def names_of(text: str) -> tuple[str, ...]:
    """Return the names of the places in a text, each once, in their order."""
    return tuple(dict.fromkeys(found[2] for found in _PLACE.finditer(text) if found[2] is not None))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its places filled in, by values as they are. Raises KeyError for a place without one."""

    def filled(found: re.Match[str]) -> str:
        if found[2] is not None:
            return values[found[2]]
        return found[0] if found[1] is None else f"{{{found[1]}}}"

    return _PLACE.sub(filled, text)
