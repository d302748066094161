"""Questions about the machine, as it takes and answers them: rules S-8 and L-18."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from claudios.agent.asked import MAX_AT_ONCE, MAX_WAITING, Asked, answering
from claudios.protocol.asking import (
    LIST_DIRECTORY,
    MAX_ANSWER_BYTES,
    MAX_ENTRIES,
    Answer,
    Ask,
    Directory,
    DirectoryEntry,
    EntryKind,
    Kind,
    ListDirectory,
)
from claudios.protocol.errors import PolicyForbids
from claudios.protocol.fields import Model
from claudios.protocol.messages import Welcome
from claudios.protocol.signing import sign_ask
from tests.helpers.instructions import AGENT_ID, KEYS

BOOT = 3


class Words(Model):
    words: str


WORDS = Kind("words", ListDirectory, Words)
LARGE = DirectoryEntry(name="\0" * 256, kind=EntryKind.FILE, size=0, modified_ms=0)
Posted = asyncio.Queue[Answer]


def ask(n: int, path: str | None = None, key: bytes = KEYS.instruct, **fields: Any) -> Ask:
    said = {"ask_id": f"q{n}", "kind": LIST_DIRECTORY.name, "body": ListDirectory(path=path).model_dump_json()} | fields
    signature = sign_ask(key, said.pop("agent_id", AGENT_ID), boot=said.pop("boot", BOOT), n=n, **said)
    return Ask(id=said["ask_id"], n=n, kind=said["kind"], body=said["body"], signature=signature.hex())


def find(question: ListDirectory) -> Directory:
    if question.path == "/etc":
        raise PolicyForbids
    if question.path == "/large":
        return Directory(path="/" + "x" * 4000, entries=(LARGE,) * MAX_ENTRIES, more=False)
    if question.path == "/broken":
        raise ValueError(question.path)
    return Directory(path=question.path or "/", entries=(), more=False)


@pytest.fixture
def posted() -> Posted:
    return asyncio.Queue()


@pytest.fixture
def asked(posted: Posted) -> Asked:
    kinds = dict([answering(LIST_DIRECTORY, find), answering(WORDS, lambda _: Words(words="x" * MAX_ANSWER_BYTES))])
    made = Asked(KEYS.instruct, kinds, posted.put_nowait)
    made.opened(Welcome(agent_id=AGENT_ID, agent_name="one", boot=BOOT, server_time_ms=1))
    return made


async def test_a_question_gets_the_answer_to_it_or_what_it_is_refused_with(asked: Asked, posted: Posted) -> None:
    """L-18"""
    asked.take(ask(1, "/work"))
    assert await posted.get() == Answer(id="q1", body='{"path":"/work","entries":[],"more":false,"is_cut":false}')
    asked.take(ask(2, "/etc"))
    assert await posted.get() == Answer(id="q2", code="policy_forbids", message=PolicyForbids().message)
    asked.take(ask(3, body="{}", kind="weigh_machine"))
    assert (await posted.get()).code == "agent_outdated"
    asked.take(ask(4, body='{"path": 1}'))
    assert (await posted.get()).code == "input_invalid"


async def test_the_largest_listing_is_sent_and_what_no_message_holds_is_refused(asked: Asked, posted: Posted) -> None:
    """L-18"""
    asked.take(ask(1, "/large"))
    assert len(str((await posted.get()).body)) > MAX_ANSWER_BYTES // 2
    asked.take(ask(2, kind=WORDS.name))
    refused = await posted.get()
    assert (refused.code, refused.body) == ("input_invalid", None)


async def test_what_goes_wrong_is_answered_without_what_it_says(
    asked: Asked, posted: Posted, caplog: pytest.LogCaptureFixture
) -> None:
    asked.take(ask(1, "/broken"))
    answer = await posted.get()
    assert (answer.code, answer.body, "/broken" in str(answer.message)) == ("error", None, False)
    assert "could not be answered" in caplog.text


@pytest.mark.fault("X19")
@pytest.mark.parametrize(
    "forged",
    [{"key": bytes(32)}, {"agent_id": "agt_other"}, {"boot": BOOT + 1}],
    ids=["another key", "another agent", "another registration"],
)
async def test_what_is_not_signed_for_this_registration_is_not_answered(
    asked: Asked, posted: Posted, forged: dict[str, Any]
) -> None:
    """S-8"""
    asked.take(ask(1, "/work", **forged))
    assert (await posted.get()).code == "signature_invalid"
    for field, value in {"kind": "read_file", "body": "{}", "n": 9, "id": "q9"}.items():
        asked.take(ask(1, "/work").model_copy(update={field: value}))
        assert (await posted.get()).code == "signature_invalid"


@pytest.mark.fault("X19")
async def test_what_was_heard_before_is_not_heard_again(asked: Asked, posted: Posted) -> None:
    """S-8"""
    asked.take(ask(5))
    assert (await posted.get()).code is None
    for n in (5, 4):
        asked.take(ask(n))
        assert (await posted.get()).code == "signature_invalid"


async def test_only_so_many_are_answered_at_once_and_only_so_many_wait(posted: Posted) -> None:
    """L-18"""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(question: ListDirectory) -> Directory:
        begun.release()
        go_on.wait()
        return find(question)

    asked = Asked(KEYS.instruct, dict([answering(LIST_DIRECTORY, wait)]), posted.put_nowait)
    asked.opened(Welcome(agent_id=AGENT_ID, agent_name="one", boot=BOOT, server_time_ms=1))
    for n in range(1, MAX_WAITING + 2):
        asked.take(ask(n))
    refused = await posted.get()
    assert (refused.id, refused.code) == (f"q{MAX_WAITING + 1}", "too_many")
    for _ in range(MAX_AT_ONCE):
        await asyncio.to_thread(begun.acquire)
    assert not begun.acquire(blocking=False)
    go_on.set()
    assert {(await posted.get()).code for _ in range(MAX_WAITING)} == {None}
