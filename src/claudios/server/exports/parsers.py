"""Parsers of Markdown that stay within bounds: some texts cost a parser the square of their length.

What is quadratic in `markdown-it` is a paragraph full of marks that pair with nothing, a row of very many cells, and
very many definitions of links. No text that somebody wrote to be read comes near these bounds.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

MAX_CHARACTERS = 256 * 1024
MAX_MARKS = 500
"""In one paragraph, heading or cell."""
MAX_CELLS = 100
"""In one row."""
MAX_DEFINITIONS = 500
INTRICATE = "intricate"
"""What the parser's environment holds where a paragraph had too many marks, and is plain text for that."""
_MARKS = "`*_[]<>~&\\!"


def parser(*, takes_html: bool, has_tables: bool) -> MarkdownIt:
    """Return a parser to be used by one thread at a time, for texts that `is_within_bounds` lets through."""
    made = MarkdownIt("commonmark", {"html": takes_html})
    if has_tables:
        made.enable(["table", "strikethrough"])
    made.core.ruler.after("block", "bounds", _leave_intricate)
    return made


def is_within_bounds(text: str) -> bool:
    """Say whether a text may be parsed; else it is to be shown as it is."""
    return (
        len(text) <= MAX_CHARACTERS
        and text.count("]:") <= MAX_DEFINITIONS
        and all(line.count("|") <= MAX_CELLS for line in text.split("\n"))
    )


def _leave_intricate(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and sum(map(token.content.count, _MARKS)) > MAX_MARKS:
            token.type = "text"
            state.env[INTRICATE] = True
