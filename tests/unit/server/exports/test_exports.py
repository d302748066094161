"""A transcript as a file: it says what was said, and nothing in it does anything where it is opened."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from claudios.server.exports.html import POLICY, Html
from claudios.server.exports.lines import Lines
from claudios.server.exports.markdown import Markdown
from claudios.server.exports.taming import Tamer
from claudios.server.exports.writer import About, Writer
from claudios.server.projections.items import Entry
from claudios.server.projections.shapes import Json

ATTACK = (
    "<script>owned()</script> <img src=x onerror=owned()> ![pixel](https://tracker.invalid/p.png) "
    "[press](javascript:owned()) <svg onload=owned()> <!-- </pre></code></details></main> --> ]]> ``` `"
)
ABOUT = About("id", f"# Title {ATTACK}\n\n# more", ATTACK, ATTACK, ATTACK, ATTACK, 1_700_000_000_000, 0.5, 10**15)


def entry(no: int, kind: str, parent: str | None = None, **body: object) -> Entry:
    return Entry(no, kind, dict(body), no, no, 1_700_000_000_000 + no, parent)


HOSTILE: list[Entry] = [
    entry(1, "user", text=ATTACK, images=2, pictures=[]),
    entry(2, "message", text=f"{ATTACK}\n\n```\n{ATTACK}\n"),  # its fence never ends
    entry(3, "thinking", text=ATTACK),
    entry(4, "tool", name=ATTACK, input={ATTACK: ATTACK}, result=f"````\n{ATTACK}", state="done"),
    entry(5, "request", title=ATTACK, state="answered", answer="deny", answered_by=ATTACK, message=ATTACK),
    entry(6, "turn", is_error=True, result=ATTACK, cost_usd=0.1, duration_ms=1200.0),
    entry(7, "task", description=ATTACK, state="done", summary=ATTACK),
    entry(8, "notice", text=ATTACK),
    entry(9, "raw", type=ATTACK, json=ATTACK),
    entry(10, "kind of the future", anything=ATTACK),
    entry(11, "message", parent="t1", text="The very end."),
]


def written(writer: Writer, entries: list[Entry]) -> str:
    return writer.begin(ABOUT) + "".join(map(writer.item, entries)) + writer.end()


class Tags(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.mark.fault("X16")
def test_html_holds_no_script_whatever_was_said() -> None:
    page = written(Html(), HOSTILE)
    found = seen(page)
    assert not {"script", "img", "svg", "iframe", "link", "object", "comment"} & found.tags
    assert not {name for name, _ in found.attributes} & {"onerror", "onload", "src", "style", "srcset", "ping"}
    assert not any((value or "").lower().startswith(("javascript:", "data:")) for _, value in found.attributes)
    assert ("content", POLICY) in found.attributes
    assert found.text.count("<script>owned()</script>") >= 9
    assert "The very end." in found.text
    assert page.count("<article") == page.count("</article>") == 10
    assert page.count("<details") == page.count("</details>")


@pytest.mark.fault("X16")
def test_markdown_holds_no_html_and_no_image_whatever_was_said() -> None:
    text = written(Markdown(), HOSTILE)
    for dialect in ("commonmark", "gfm-like"):
        try:
            program = MarkdownIt(dialect, {"html": True, "linkify": False})
        except ModuleNotFoundError:  # of linkify alone
            continue
        found = seen(program.render(text))
        assert not {"script", "img", "svg", "comment"} & found.tags, dialect
        assert not {name for name, _ in found.attributes} & {"onerror", "onload", "src"}
        assert "The very end." in found.text.splitlines()  # no fence of before has swallowed it
        assert not any((value or "").startswith("javascript:") for _, value in found.attributes)


@pytest.mark.parametrize(
    "text",
    [
        "a `<b>` and ``x ` <i>`` stay",
        "```html\n<b>\n```",
        "~~~\n![x](y)\n```\n~~~",
        "1 < 2 and a <- b",
        "| a | b |\n|---|---|\n| `<b>` | 2 |",
    ],
)
def test_what_is_code_or_no_html_stays_as_it_is(text: str) -> None:
    assert Tamer().tamed(text) == text


def harms(markdown: str) -> list[str]:
    """Return what a program that takes HTML would make of it that must not be, in both dialects."""
    found: list[str] = []
    for rules in (list[str](), ["table", "strikethrough"]):
        for token in MarkdownIt("commonmark", {"html": True}).enable(rules).parse(markdown):
            found += [each.type for each in (token, *(token.children or ()))]
    return [kind for kind in found if kind in ("html_block", "html_inline", "image")]


def exported(text: str) -> str:
    """Return a transcript in which it was said and thought, between definitions of what others may refer to."""
    return written(
        Markdown(),
        [
            entry(1, "message", text="[a]: https://tracker.invalid/a.png"),
            entry(2, "message", text=text),
            entry(3, "thinking", text=text),
            entry(4, "message", text="[b]: https://tracker.invalid/b.png"),
            entry(5, "message", text="The very end."),
        ],
    )


@pytest.mark.fault("X16")
@pytest.mark.parametrize(
    "text",
    [
        r"\` <img src=x onerror=owned()> `",
        "`a\n\n<img src=x onerror=owned()>`",
        "`a\n<img src=x onerror=owned()>\n` <img src=x onerror=owned()>",
        "- a\n\n  ```\n  b\n\n<img src=x onerror=owned()>",
        "- ```\n<img src=x onerror=owned()>",
        "```\n- ```\n<img src=x onerror=owned()>",
        "| `a | <img src=x> ` |\n|---|---|\n| ` | <img src=x>` |",
        "![a] and ![x][b]",
        "[^1]: <img>\n",
        ">" * 30 + " <img src=x onerror=owned()>",
        "a\r> `\r\r<img src=x onerror=owned()>`",
        "<!-- \n\n a",
        "<img src=x>" * 600,
    ],
)
def test_a_program_that_takes_html_finds_none_in_what_was_said(text: str) -> None:
    page = exported(text)
    assert not harms(page)
    assert "The very end." in seen(MarkdownIt("commonmark", {"html": True}).render(page)).text.splitlines()


PIECES = (
    st.sampled_from(
        ["`", "``", "```", "~~~", "\\", "\n", "\n\n", "\r", " ", "    ", "\t", "- ", "> ", "1. ", "# ", "x"]
    )
    | st.sampled_from(["<img src=x>", "<b>", "</b>", "<!--", "-->", "<?", "![a]", "![a](x)", "[a]", "[b]:", "[^1]:"])
    | st.sampled_from(["|", "|---|", "&", "*"])
)


@pytest.mark.fault("X16")
@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_gets_html_or_an_image_into_the_export(text: str) -> None:
    page = exported(text)
    assert not harms(page)
    assert "The very end." in seen(MarkdownIt("commonmark", {"html": True}).render(page)).text.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "x" + "`" * 50_000 + "a" * 50_000,
        "<a" + "[" * 200_000,
        "<a" + "![" * 100_000,
        "a <![CDATA[" * 20_000,
        "<a" + "|a" * 50_000 + "\n" + "|-" * 50_000,
        "<a\n\n" + "[a]: x\n" * 20_000,
        "<b>" * 1_000_000,
    ],
    ids=len,
)
@pytest.mark.parametrize("form", [Markdown, Html])
def test_a_text_that_costs_a_parser_its_square_is_written_at_once(text: str, form: type[Writer]) -> None:
    assert "The very end." in written(form(), [entry(1, "message", text=text), entry(2, "user", text="The very end.")])


def test_what_was_said_is_there_in_order() -> None:
    entries = [
        entry(1, "user", text="Mend it."),
        entry(2, "message", text="I **look** first."),
        entry(3, "tool", name="Bash", input={"command": "ls"}, result="a.py", state="done"),
    ]
    text = written(Markdown(), entries)
    assert text.index("Mend it.") < text.index("I **look** first.") < text.index('"command": "ls"') < text.index("a.py")
    page = written(Html(), entries)
    assert "<strong>look</strong>" in page


def test_json_lines_are_the_items() -> None:
    bodies: list[Json] = [json.loads(line) for line in written(Lines(), HOSTILE).splitlines()]
    assert [body["no"] for body in bodies] == list(range(1, 12))
    assert bodies[0]["body"] == {"text": ATTACK, "images": 2, "pictures": []}
