"""A directive, and the step: the directives played in one answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

OPTION = re.compile(r"([a-z][a-z0-9_-]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Directive:
    """One thing to play; `argument` is all the text after the name."""

    name: str
    argument: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the argument that are not options."""
        return [word for word in self.argument.split() if not OPTION.fullmatch(word)]

    @property
    def options(self) -> Mapping[str, str]:
        """The words of the form `name=value`."""
        found = (OPTION.fullmatch(word) for word in self.argument.split())
        return {match[1]: match[2] for match in found if match}


Step: TypeAlias = tuple[Directive, ...]
