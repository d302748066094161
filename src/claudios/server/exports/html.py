"""A transcript as one page of HTML that needs nothing else: no script, no address it fetches from, its style inside.

What Claude wrote is Markdown, and rendered by a parser that passes no HTML on; links lead out only when followed, and
an image is a link. Everything else is escaped. The page forbids itself all but its own style besides.
"""

from __future__ import annotations

import html

from claudios.server.exports.parsers import is_within_bounds, parser
from claudios.server.exports.writer import About, asked, images, remark, when
from claudios.server.projections.items import Entry
from claudios.server.projections.shapes import as_text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1f;--faint:#6b6b76;--line:#dcdce4;--soft:#f4f4f8;--mine:#ecebff}
@media(prefers-color-scheme:dark){:root{--ink:#ececf1;--faint:#9a9aa6;--line:#34343d;--soft:#1d1d24;--mine:#23224a}
body{background:#131317}}
body{margin:0 auto;max-width:48rem;padding:1.5rem 1rem 4rem;color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.4rem;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
dt,.note,time,summary{color:var(--faint)}dt,dd,.note,time,summary{font-size:.85rem}dd{margin:0;overflow-wrap:anywhere}
article{margin:1rem 0;overflow-wrap:anywhere}.user{background:var(--mine);border-radius:.9rem;padding:.6rem .9rem}
.user p{margin:0;white-space:pre-wrap;unicode-bidi:plaintext}.agent{margin-left:1.2rem}
pre{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.6rem}
pre{overflow:auto;font-size:.85rem}pre.text{white-space:pre-wrap}
details{border:1px solid var(--line);border-radius:.5rem;padding:.4rem .7rem}
summary{cursor:pointer}table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:.2rem .5rem}
blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:1rem}
"""


class Html:
    """Writes HTML."""

    def __init__(self) -> None:
        self._markdown = parser(takes_html=False, has_tables=True).disable("image")

    def begin(self, about: About) -> str:
        facts = "".join(f"<dt>{_plain(name)}</dt><dd>{_plain(value)}</dd>" for name, value in about.facts())
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
            f"<title>{_plain(about.name)}</title><style>{_STYLE}</style></head>\n"
            f"<body><h1>{_plain(about.name)}</h1><dl>{facts}</dl><main>\n"
        )

    def item(self, entry: Entry) -> str:
        inside = self._inside(entry)
        if not inside:
            return ""
        of = " agent" if entry.parent else ""
        return f'<article id="item-{entry.no}" class="{_plain(entry.kind)}{of}">{inside}</article>\n'

    def end(self) -> str:
        return "</main></body></html>\n"

    def _inside(self, entry: Entry) -> str:
        body = entry.body
        beside = _note(images(body))
        match entry.kind:
            case "user":
                return f"<p>{_plain(as_text(body.get('text')))}</p><time>{when(entry.at_ms)}</time>{beside}"
            case "message":
                said = as_text(body.get("text"))
                return self._rendered(said) if said.strip() else ""
            case "thinking":
                thought = as_text(body.get("text"))
                return _fold("Thought", self._rendered(thought)) if thought.strip() else ""
            case "tool":
                shown, result = asked(body), as_text(body.get("result"))
                inside = (_code(shown) if shown else "") + (_code(result) if result else "") + beside
                return _fold(f"{as_text(body.get('name'))}: {as_text(body.get('state'))}", inside)
            case "raw":
                return _fold(as_text(body.get("type")), _code(as_text(body.get("json"))))
            case _:
                return _note(remark(entry.kind, body))

    def _rendered(self, markdown: str) -> str:
        return self._markdown.render(markdown) if is_within_bounds(markdown) else _code(markdown)


def _plain(text: str) -> str:
    return html.escape(text.replace("\0", "\ufffd"))


def _note(text: str) -> str:
    return f'<p class="note">{_plain(text)}</p>' if text else ""


def _code(text: str) -> str:
    return f'<pre class="text"><code>{_plain(text)}</code></pre>'


def _fold(line: str, inside: str) -> str:
    return f"<details><summary>{_plain(line)}</summary>{inside}</details>"
