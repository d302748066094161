"""Which conversations on a machine's disk are told of, and what of them begins a session's log (L-23)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.agent.conversations.kept import Kept
from claudios.agent.conversations.transcript import MAX_LINE_BYTES, READ_SHARE
from claudios.agent.policy import Policy
from claudios.agent.sessions.claim import claim_path
from claudios.protocol.conversations import MAX_CONVERSATIONS, FindConversation, ListConversations
from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.messages import PermissionMode


class Disk:
    """A home with Claude's files in it, and an agent that may work in `work` alone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.work = home / "work"
        self.work.mkdir()
        self.environment = {"HOME": str(home)}
        policy = Policy((self.work.resolve(),), tuple(PermissionMode), self.work)
        self.kept = Kept(self.environment, policy)

    def hold(self, *lines: object, at: float = 1_000, where: str = "-work") -> str:
        conversation = str(uuid4())
        path = self.path(conversation, where)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        os.utime(path, (at, at))
        return conversation

    def path(self, conversation: str, where: str = "-work") -> Path:
        return self.home / ".claude/projects" / where / f"{conversation}.jsonl"

    def said(self, text: object, **fields: object) -> dict[str, object]:
        return {"type": "user", "message": {"role": "user", "content": text}, "cwd": str(self.work), **fields}

    def listed(self, skip: int = 0) -> list[str]:
        return [each.id for each in self.kept.listed(ListConversations(skip=skip)).conversations]

    def title(self, *lines: object) -> str:
        return self.kept.found(FindConversation(id=self.hold(*lines))).title


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_they_are_listed_newest_first_and_page_by_page(disk: Disk) -> None:
    held = [disk.hold(disk.said("hi"), at=1_000 + n) for n in range(MAX_CONVERSATIONS + 3)]
    page = disk.kept.listed(ListConversations())
    assert (page.more, page.is_cut) == (True, False)
    assert [each.id for each in page.conversations] == held[::-1][:MAX_CONVERSATIONS]
    assert page.conversations[0].modified_ms == (1_000 + len(held) - 1) * 1000
    assert disk.listed(MAX_CONVERSATIONS) == held[:3][::-1]


def test_a_title_is_the_summary_or_the_first_words_of_a_person(disk: Disk) -> None:
    assert disk.title(disk.said("  Why\n is it?  ")) == "Why is it?"
    assert disk.title(disk.said([{"type": "image"}, {"type": "text", "text": "See?"}])) == "See?"
    assert disk.title({"type": "summary", "summary": "About tea"}, disk.said("hi")) == "About tea"
    assert disk.title(disk.said("caveat", isMeta=True), disk.said("<command-name>/x"), disk.said("real")) == "real"
    assert disk.title(disk.said("x" * 5000)) == "x" * 200
    assert disk.title(disk.said([{"type": "tool_result"}])) == ""


def test_what_is_no_conversation_is_passed_over(disk: Disk) -> None:
    disk.hold({"type": "summary", "summary": "of nothing"})
    disk.hold({"type": "user", "message": {"content": "nowhere"}})
    disk.hold([1], "x", disk.said("a subagent", isSidechain=True))
    disk.path(str(uuid4())).write_bytes(b"\xff{not json\n")
    disk.path(str(uuid4())).write_bytes(b"")
    disk.path("agent-12345678").write_text(json.dumps(disk.said("hi")) + "\n")
    assert disk.listed() == []


def test_what_was_held_elsewhere_or_where_nothing_is_any_more_is_not_told_of(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (disk.work / "out").symlink_to(tmp_path / "secret")
    for place in (
        tmp_path / "secret",
        disk.work / "out",
        disk.work / "gone",
        disk.work / ".." / "secret",
        "work",
        "",
        "/\ud800",
        f"{disk.work}\udc80",
        "/a\0b",
    ):
        held = disk.hold(disk.said("hi", cwd=str(place)))
        with pytest.raises(NotFound):
            disk.kept.found(FindConversation(id=held))
        with pytest.raises(NotFound):
            list(disk.kept.lines(held, 10**6))
    assert disk.listed() == []


def test_a_link_in_the_place_of_a_file_is_not_followed(disk: Disk, tmp_path: Path) -> None:
    disk.hold(disk.said("hi"))
    secret = tmp_path / "secret.jsonl"
    secret.write_text(json.dumps(disk.said("secret")) + "\n")
    linked = str(uuid4())
    disk.path(linked).symlink_to(secret)
    os.mkfifo(disk.path(str(uuid4())))
    assert linked not in disk.listed()
    with pytest.raises(NotFound):
        list(disk.kept.lines(linked, 10**6))


def test_a_link_in_the_place_of_a_directory_of_claudes_is_not_followed(disk: Disk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    held = str(uuid4())
    (outside / f"{held}.jsonl").write_text(json.dumps(disk.said("secret")) + "\n")
    disk.hold(disk.said("hi"))
    (tmp_path / ".claude/projects/-linked").symlink_to(outside)
    assert held not in disk.listed()
    with pytest.raises(NotFound):
        list(disk.kept.lines(held, 10**6))


def test_a_line_that_is_too_long_to_be_read_is_refused_rather_than_all_that_follows_left_out(disk: Disk) -> None:
    held = disk.hold(disk.said("hi"), disk.said("x" * MAX_LINE_BYTES), disk.said("after"))
    assert disk.listed() == [held]
    with pytest.raises(Conflict, match="too long to be imported"):
        list(disk.kept.lines(held, 10**9))


def test_broken_lines_are_kept_as_they_are(disk: Disk) -> None:
    held = disk.hold(disk.said("hi"))
    broken = b'{"type":"user","mess\xff\nwords\n\n[1]\n' + b"[" * 100_000 + b"\n"
    with disk.path(held).open("ab") as file:
        file.write(broken)
    assert b"".join(disk.kept.lines(held, 10**6)).endswith(broken)


def test_a_file_of_little_but_bookkeeping_is_not_read_without_an_end(disk: Disk) -> None:
    held = disk.hold(disk.said("hi"), *[{"type": "cost-state", "of": "x" * 900}] * 9)
    size = disk.path(held).stat().st_size
    with pytest.raises(Conflict, match="too much to be imported"):
        list(disk.kept.lines(held, size // READ_SHARE - 1))
    assert len(list(disk.kept.lines(held, size // READ_SHARE + 1))) == 1


def test_those_of_sessions_of_this_machine_are_left_out(disk: Disk) -> None:
    held = disk.hold(disk.said("hi"))
    claim = claim_path(disk.environment, held)
    claim.parent.mkdir(parents=True)
    claim.touch()
    assert disk.listed() == []


def test_its_lines_are_kept_as_they_are_without_bookkeeping_up_to_the_last_whole_one(disk: Disk) -> None:
    said, answered = disk.said("hi"), {"type": "assistant", "message": {"content": []}, "cwd": "/"}
    kept = [said, {"type": "from-the-future"}, {"type": "attachment", "attachment": {"type": "date"}}, answered]
    left_out = [
        {"type": "api-request-blob", "message": {"role": "system"}},
        {"type": "attachment", "attachment": {"type": "prompt_snapshot"}},
        {"type": "cost-state"},
    ]
    held = disk.hold(*left_out, *kept, *left_out)
    with disk.path(held).open("ab") as file:
        file.write(b'{"type":"assistant"')
    lines = [json.dumps(line).encode() + b"\n" for line in kept]
    assert list(disk.kept.lines(held, 10**6)) == lines
    with pytest.raises(Conflict, match="too much to be imported"):
        list(disk.kept.lines(held, len(b"".join(lines)) - 1))
