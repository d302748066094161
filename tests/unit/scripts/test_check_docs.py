"""What the check of the documents finds, and what it lets pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_docs import dead_links, places_named, wrong_rules

PROTOCOL = Path("docs/protocol.md")
RULES = "# Protocol\n\n**Y-1** Frames are numbered.\n\n- **Z-2** A gap is answered; see Y-1.\n"
HOME = "/home" + "/someone/project"  # in two pieces, for the check reads this file too


def links(text: str, *others: Path) -> list[str]:
    file = Path("docs/a.md")
    return list(
        dead_links({file: text, Path("docs/b.md"): "# One heading, here!\n"}, {file, Path("docs/b.md"), *others})
    )


@pytest.mark.parametrize(
    "link",
    [
        "b.md",
        "./b.md",
        "../docs/b.md",
        "b.md#one-heading-here",
        "#top",
        "https://example.org/x",
        "mailto:a@example.org",
    ],
)
def test_a_link_that_leads_somewhere_passes(link: str) -> None:
    assert links(f"# Top\n[text]({link})") == []


def test_a_picture_is_linked_like_a_document() -> None:
    assert links("![a](pictures/a.png)", Path("docs/pictures/a.png")) == []
    assert len(links("![a](pictures/b.png)", Path("docs/pictures/a.png"))) == 1


@pytest.mark.parametrize("link", ["c.md", "../b.md", "b.md#other-heading", "#bottom"])
def test_a_dead_link_is_named(link: str) -> None:
    (fault,) = links(f"# Top\n[text]({link})")
    assert link in fault


def test_what_stands_in_a_code_block_is_no_link() -> None:
    assert links("```\n[text](nowhere.md)\n```\n") == []


def test_rules_that_tests_cite_pass() -> None:
    assert list(wrong_rules({PROTOCOL: RULES, Path("tests/test_a.py"): "# Y-1, Z-2"})) == []


def test_a_rule_without_a_test_is_named() -> None:
    texts = {PROTOCOL: RULES, Path("tests/test_a.py"): "# Y-1", Path("src/a.py"): "# Z-2"}
    assert list(wrong_rules(texts)) == [f"{PROTOCOL}: no test cites rule Z-2"]


@pytest.mark.parametrize("file", ["tests/helpers/a.py", "tests/conftest.py", "tests/unit/protocol/model/world.py"])
def test_a_rule_that_only_a_helper_cites_has_no_test(file: str) -> None:
    texts = {PROTOCOL: RULES, Path("tests/test_a.py"): "# Y-1", Path(file): "# Z-2"}
    assert list(wrong_rules(texts)) == [f"{PROTOCOL}: no test cites rule Z-2"]


def test_a_range_of_rules_cites_each_of_them() -> None:
    rules = "".join(f"**S-{number}** A rule.\n\n" for number in range(1, 6))
    assert list(wrong_rules({PROTOCOL: rules, Path("tests/test_a.py"): "S-1 to S-5"})) == []
    missing = list(wrong_rules({PROTOCOL: rules, Path("tests/test_a.py"): "S-2 to S-4"}))
    assert missing == [f"{PROTOCOL}: no test cites rule {rule}" for rule in ("S-1", "S-5")]


def test_a_rule_that_is_stated_nowhere_is_named() -> None:
    texts = {PROTOCOL: RULES, Path("tests/test_a.py"): "# Y-1 Z-2 Z-3 UTF-8 X-9 SHA-Z-4"}
    assert list(wrong_rules(texts)) == [f"tests/test_a.py: rule Z-3 is not in {PROTOCOL}"]


def test_a_rule_stated_twice_is_named() -> None:
    texts = {PROTOCOL: RULES + "\n**Y-1** Again.\n", Path("tests/test_a.py"): "# Y-1 Z-2"}
    assert list(wrong_rules(texts)) == [f"{PROTOCOL}: rule Y-1 is stated twice"]


def test_a_protocol_without_rules_is_no_protocol() -> None:
    assert list(wrong_rules({})) == [f"{PROTOCOL}: states no rule"]


@pytest.mark.parametrize("place", [f"see {HOME}", "at https://" + "pypi.org/simple", "cd /root" + "/x"])
def test_a_place_of_ones_own_is_named(place: str) -> None:
    (fault,) = places_named({Path("a.txt"): f"first line\n{place}\n"})
    assert fault.startswith("a.txt:2: ")


@pytest.mark.parametrize("place", ["~/x", "/home/user/x", "$HOME/x", "<root>/x", "https://example.org/home/x/"])
def test_a_place_that_anybody_has_passes(place: str) -> None:
    assert list(places_named({Path("a.txt"): place})) == []
