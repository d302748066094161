"""Check what the documents claim: links resolve, rules and tests name each other, no file tells where it was made."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOCOL = Path("docs/protocol.md")
THIS = Path("scripts/check_docs.py")

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
RULE = re.compile(r"\bP-\d+[a-z]?\b")
STATED_RULE = re.compile(r"^\W*(P-\d+[a-z]?)\b", re.MULTILINE)
# Registries' addresses, and the folders of whoever happens to work on this.
PLACES = re.compile(
    r"https?://[\w.-]*(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)"
    r"|(?<![\w.<{/~-])/(?:home|Users)/(?!you\b|user\b|me\b|u\b|USER\b)[a-z][\w.-]*/"
    r"|(?<![\w.<{/~-])/root/(?!\.\.\.)"
    r"|/work/(?:main|shared)\b"
)


def main() -> int:
    """Print one line for each fault found; return 1 if there was any."""
    files = tracked_files()
    faults = [*dead_links(files), *unknown_or_untested_rules(files), *places_named(files)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def tracked_files() -> list[Path]:
    """Return the text files that git tracks or would add, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (Path(name) for name in listed.split("\0") if name)
    return [path for path in paths if (ROOT / path).is_file() and b"\0" not in (ROOT / path).read_bytes()[:8192]]


def dead_links(files: Iterable[Path]) -> Iterator[str]:
    """Yield the relative links in Markdown files that lead nowhere, be it to a file or to a heading."""
    for file in files:
        if file.suffix != ".md":
            continue
        for target in LINK.findall(FENCED.sub("", _text(file))):
            name, _, heading = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            linked = (ROOT / file.parent / name).resolve() if name else ROOT / file
            if not linked.exists():
                yield f"{file}: the link {target} leads to no file"
            elif heading and linked.suffix == ".md" and heading not in _anchors(linked.read_text()):
                yield f"{file}: the link {target} leads to no heading"


def unknown_or_untested_rules(files: Iterable[Path]) -> Iterator[str]:
    """Yield the rules that tests or code cite and the protocol does not state, and those that no test cites."""
    stated = STATED_RULE.findall(_text(PROTOCOL)) if (ROOT / PROTOCOL).is_file() else []
    if not stated:
        yield f"{PROTOCOL}: states no rule"
        return
    yield from (
        f"{PROTOCOL}: rule {rule} is stated twice" for rule in sorted({r for r in stated if stated.count(r) > 1})
    )
    tested: set[str] = set()
    for file in files:
        if file.suffix != ".py" or file == THIS:
            continue
        cited = set(RULE.findall(_text(file)))
        yield from (f"{file}: rule {rule} is not in {PROTOCOL}" for rule in sorted(cited - set(stated)))
        if file.parts[0] == "tests":
            tested |= cited
    yield from (f"{PROTOCOL}: no test cites rule {rule}" for rule in stated if rule not in tested)


def places_named(files: Iterable[Path]) -> Iterator[str]:
    """Yield the lines that name a package registry's address or somebody's own folder."""
    for file in files:
        if file == THIS:
            continue
        for number, line in enumerate(_text(file).splitlines(), 1):
            if found := PLACES.search(line):
                yield f"{file}:{number}: names {found[0]}"


def _anchors(markdown: str) -> set[str]:
    """Return the anchors that a forge makes of the headings."""
    titles = HEADING.findall(FENCED.sub("", markdown))
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title.lower())) for title in titles}


def _text(file: Path) -> str:
    return (ROOT / file).read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
