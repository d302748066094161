"""Check what the documents claim: links resolve, rules and tests name each other, no file tells where it was made."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from os.path import normpath
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOCOL = Path("docs/protocol.md")
THIS = Path("scripts/check_docs.py")

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
STATED_RULE = re.compile(r"^(?:[-*] )?\*\*([A-Z]-\d+)\*\*", re.MULTILINE)
RANGE = re.compile(r"(?<![\w-])([A-Z])-(\d+) to \1-(\d+)\b")
# Registries' addresses, and the folders of whoever happens to work on this.
PLACES = re.compile(
    r"https?://[\w.-]*(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)"
    r"|(?<![\w.<{/~-])/(?:home|Users)/(?!you\b|user\b|me\b|u\b|ada\b)[a-z][\w.-]*/"
    r"|(?<![\w.<{/~-])/root/(?!\.\.\.)"
    r"|/work/(?:main|shared)\b"
)


def main() -> int:
    """Print one line for each fault found; return 1 if there was any."""
    files = list_files()
    texts = read_texts(files)
    exists = {path for file in files for path in (file, *file.parents)}
    faults = [*dead_links(texts, exists), *wrong_rules(texts), *places_named(texts)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def list_files() -> list[Path]:
    """Return the files that git tracks or would add, relative to the root."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if (ROOT / name).is_file()]


def read_texts(files: Iterable[Path]) -> dict[Path, str]:
    """Return the contents of those files that are text."""
    contents = ((file, (ROOT / file).read_bytes()) for file in files if file != THIS)
    return {path: content.decode(errors="replace") for path, content in contents if b"\0" not in content[:8192]}


def dead_links(texts: Mapping[Path, str], exists: Collection[Path]) -> Iterator[str]:
    """Yield the relative links in Markdown files that lead nowhere, be it to a file or to a heading."""
    for file, text in texts.items():
        if file.suffix != ".md":
            continue
        for target in LINK.findall(FENCED.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, heading = target.partition("#")
            linked = Path(normpath(file.parent / name)) if name else file
            if linked not in exists:
                yield f"{file}: the link {target} leads to no file"
            elif heading and linked.suffix == ".md" and heading not in _anchors(texts[linked]):
                yield f"{file}: the link {target} leads to no heading"


def wrong_rules(texts: Mapping[Path, str]) -> Iterator[str]:
    """Yield the rules cited that the protocol does not state, and those it states that no test cites."""
    stated = STATED_RULE.findall(texts.get(PROTOCOL, ""))
    if not stated:
        yield f"{PROTOCOL}: states no rule"
        return
    yield from (f"{PROTOCOL}: rule {rule} is stated twice" for rule in sorted(set(stated)) if stated.count(rule) > 1)
    letters = "".join({rule[0] for rule in stated})
    any_rule = re.compile(rf"(?<![\w-])[{letters}]-\d+\b")
    tested: set[str] = set()
    for file, text in texts.items():
        if file.suffix == ".py":
            cited = set(any_rule.findall(text))
            yield from (f"{file}: rule {rule} is not in {PROTOCOL}" for rule in sorted(cited - set(stated)))
            is_test = file.parts[0] == "tests" and file.name.startswith("test_")
            tested |= cited | set(_between(text)) if is_test else set()
    yield from (f"{PROTOCOL}: no test cites rule {rule}" for rule in stated if rule not in tested)


def _between(text: str) -> Iterator[str]:
    """Yield each rule of the ranges cited, such as "S-1 to S-6"."""
    for letter, first, last in RANGE.findall(text):
        yield from (f"{letter}-{number}" for number in range(int(first), int(last) + 1))


def places_named(texts: Mapping[Path, str]) -> Iterator[str]:
    """Yield the lines that name a package registry's address or somebody's own folder."""
    for file, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if found := PLACES.search(line):
                yield f"{file}:{number}: names {found[0]}"


def _anchors(markdown: str) -> set[str]:
    """Return the anchors that a forge makes of the headings."""
    titles = HEADING.findall(FENCED.sub("", markdown))
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title.lower())) for title in titles}


if __name__ == "__main__":
    sys.exit(main())
