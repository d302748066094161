"""Markdown from which no program that shows it makes HTML or images, whatever was said.

What was said is read as such programs read it. As long as there is something in it that must not be, what would begin
it is escaped outside code and the whole is read again; what does not become harmless so is put into a block of code.
So a mistake in where code ends costs looks, and lets nothing through.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from claudios.server.exports.parsers import INTRICATE, is_within_bounds, parser

_END = "\n\n# end"
_MAX_LEVEL = 16
"""The parser does not see what is nested deeper than 20; a list in a list takes two."""
_QUIETINGS = 3
_SUSPECT = re.compile(r"<|!\[|\[\^|```|~~~")
_UNESCAPED = re.compile(r"<(?=[A-Za-z/!?])|!\[")
_RUN = re.compile(r"`+")
_MARK = re.compile(r"\\.|`+|<https?://[^\s<>]*>|<(?=[A-Za-z/!?])|!\[|\[\^", re.DOTALL)
_ESCAPED = {"<": "\\<", "![": "!\\[", "[^": "\\[^"}


class Tamer:
    """Tames what was said. For one thread at a time, as its parsers are."""

    def __init__(self) -> None:
        self._programs = [parser(takes_html=True, has_tables=has_tables) for has_tables in (True, False)]
        for program in self._programs:
            program.disable("text_join")  # so that what is escaped is told from what is not

    def tamed(self, text: str, prefix: str = "") -> str:
        """Return Markdown without HTML, images or a fence that is left open, `prefix` before each of its lines."""
        said = lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if not _SUSPECT.search(text):
            return _joined(lines, prefix)
        for _ in range(_QUIETINGS if is_within_bounds(text) else 0):
            reading = self._first_harm(_joined(lines, prefix))
            if reading is None:
                return _joined(lines, prefix)
            if reading.is_beyond:
                break
            lines = list(reading.quieted(lines))
        return _joined(fenced("\n".join(said), "text").rstrip("\n").split("\n"), prefix)

    def _first_harm(self, markdown: str) -> _Reading | None:
        return next((found for each in self._programs if not (found := _read(each, markdown)).is_harmless), None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as a program reads it: `is_beyond` where the parser's own bounds keep it from being sure."""

    tokens: Sequence[Token]
    has_footnotes: bool
    is_beyond: bool

    @property
    def is_harmless(self) -> bool:
        ends = self.tokens[-3:]
        is_closed = [(each.type, each.level) for each in ends][:1] == [("heading_open", 0)] and ends[1].content == "end"
        return is_closed and not (self.is_beyond or self.has_footnotes or any(map(_is_harm, self.tokens)))

    def quieted(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield the lines with what might begin HTML, an image or a footnote escaped outside code; close fences."""
        ends = {each.map[0]: each.map[1] for each in self.tokens if each.map and each.type in _LEAVES}
        code = {each.map[0] for each in self.tokens if each.map and each.type in _CODES}
        at = 0
        while at < len(lines):
            end = max(at + 1, ends.get(at, 0))
            piece = "\n".join(lines[at:end])
            yield from (piece if at in code else _quiet(piece)).split("\n")
            at = end
        last = self.tokens[-1]
        if last.type == "fence" and last.level == 0:
            yield last.markup


_CODES = ("fence", "code_block")
_LEAVES = ("inline", *_CODES)


def fenced(text: str, language: str) -> str:
    """Return text as a block of code that it cannot end."""
    longest = max(map(len, _RUN.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}\n"


def _read(program: MarkdownIt, markdown: str) -> _Reading:
    env: dict[str, object] = {}
    tokens = program.parse(markdown + _END, env)
    references = env.get("references")
    has_footnotes = isinstance(references, dict) and any(str(label).startswith("^") for label in references)
    is_beyond = INTRICATE in env or any(each.level > _MAX_LEVEL for each in tokens)
    return _Reading(tokens, has_footnotes, is_beyond)


def _is_harm(token: Token) -> bool:
    if token.type in ("html_block", "html_inline", "image"):
        return True
    if token.type == "text":
        return _UNESCAPED.search(token.content) is not None
    return any(map(_is_harm, token.children or ()))


def _quiet(text: str) -> str:
    """Escape outside code spans what might begin something; takes as long as the text is."""
    starts: dict[int, list[int]] = {}
    for run in _RUN.finditer(text):
        starts.setdefault(len(run[0]), []).append(run.start())
    pieces, at = [], 0
    while mark := _MARK.search(text, at):
        end = mark.end()
        if mark[0][0] == "`":
            alike = starts.get(len(mark[0]), [])
            closing = bisect_right(alike, mark.start())
            if closing < len(alike):
                end = alike[closing] + len(mark[0])
        pieces += [text[at : mark.start()], _ESCAPED.get(mark[0]) or text[mark.start() : end]]
        at = end
    return "".join([*pieces, text[at:]])


def _joined(lines: Sequence[str], prefix: str) -> str:
    return "\n".join(f"{prefix}{line}" for line in lines)
