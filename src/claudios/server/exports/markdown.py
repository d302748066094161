"""A transcript as Markdown: what is none is fenced, and no HTML is left for a reader's program to run."""

from __future__ import annotations

import re

from claudios.server.exports.taming import Tamer, fenced
from claudios.server.exports.writer import About, asked, images, remark, when
from claudios.server.projections.items import Entry
from claudios.server.projections.shapes import as_text

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!&])")


class Markdown:
    """Writes Markdown."""

    def __init__(self) -> None:
        self._tamer = Tamer()

    def begin(self, about: About) -> str:
        facts = "".join(f"- {name}: {plain(value)}\n" for name, value in about.facts())
        return f"# {plain(about.name)}\n\n{facts}"

    def item(self, entry: Entry) -> str:
        body, time = entry.body, when(entry.at_ms)
        of = " (subagent)" if entry.parent else ""
        pictured = images(body)
        beside = f"\n*{pictured}*\n" if pictured else ""
        match entry.kind:
            case "user":
                return f"\n## Prompt{of}\n\n*{time}*\n\n{fenced(as_text(body.get('text')), 'text')}{beside}"
            case "message":
                said = as_text(body.get("text"))
                return f"\n## Claude{of}\n\n{self._tamer.tamed(said)}\n" if said.strip() else ""
            case "thinking":
                thought = as_text(body.get("text"))
                if not thought.strip():
                    return ""
                return f"\n> *Thinking{of}*\n>\n{self._tamer.tamed(thought, prefix='> ')}\n"
            case "tool":
                shown, result, state = asked(body), as_text(body.get("result")), as_text(body.get("state"))
                return (
                    f"\n### {plain(as_text(body.get('name')))}{of}: {plain(state)}\n"
                    + (f"\n{fenced(shown, 'json')}" if shown else "")
                    + (f"\n{fenced(result, 'text')}" if result else "")
                    + beside
                )
            case "raw":
                return f"\n### {plain(as_text(body.get('type')))}\n\n{fenced(as_text(body.get('json')), 'json')}"
            case _:
                told = " ".join(remark(entry.kind, body).split())
                return f"\n*{plain(told)}*\n" if told else ""

    def end(self) -> str:
        return ""


def plain(text: str) -> str:
    """Return text in which nothing means anything to Markdown, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
