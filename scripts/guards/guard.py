"""What a guard is: a place in the source, what stands there without it, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "src/claudios"


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. `text` stands exactly once in `file` (below src/claudios); `instead` is the same without the guard."""

    id: str
    promise: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]

    def is_in(self, root: Path) -> bool:
        """Say whether the guard's text stands in this tree, once."""
        return (root / SOURCE / self.file).read_text().count(self.text) == 1
