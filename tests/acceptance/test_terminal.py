"""Everything a person does at a terminal, with the real Claude CLI on the scripted model."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Up
from tests.acceptance.person import Person, until
from tests.helpers.images import png

pytestmark = pytest.mark.acceptance


@pytest.fixture
def ada(up: Up) -> Person:
    """The person whose `claudios up` it is."""
    return up.person


@pytest.fixture
def stranger(tmp_path: Path) -> Person:
    """Somebody at another machine, not signed in."""
    return Person(tmp_path)


def start(person: Person, prompt: str, *options: str) -> str:
    """Start a session and return its id."""
    return person.run("run", "--detach", *options, prompt).out.strip()


def until_it_is(person: Person, session: str, activity: str) -> Any:
    return until(lambda: next((s for s in [person.session(session)] if s["activity"] == activity), None))


def until_ended(person: Person, session: str) -> Any:
    return until(lambda: next((s for s in [person.session(session)] if s["state"] == "ended"), None))


# Signing in


def approve(up: Up, user_code: str) -> None:
    """Approve a device login as the owner does in the page."""
    token = (up.person.directory / "state/claudios/up/api-token").read_text()
    request = urllib.request.Request(
        f"{up.url}/api/v1/auth/device/{user_code}/approve",
        b"{}",
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    urllib.request.urlopen(request).close()


def test_signing_in_by_a_code_approved_elsewhere_and_out_again(up: Up, stranger: Person) -> None:
    assert stranger.run("ps", expect=4).err.count("claudios login") == 1
    with stranger.running("login", up.url) as login:
        code = until(lambda: re.search(r"/device#([A-Z]{4}-[A-Z]{4})", login.said()))
        approve(up, code[1])
        assert "Signed in" in login.line("Signed in")
        assert login.ended() == 0
    credentials = stranger.directory / "config/claudios/credentials.json"
    token = json.loads(credentials.read_text())["servers"][up.url]["token"]
    assert stranger.run("whoami", "--json").json["user"]["is_owner"] is True
    assert stranger.run("logout", "--json").json == {"server": up.url, "revoked": True}
    assert stranger.run("ps", expect=4).code == 4
    assert token not in credentials.read_text()


def test_signing_in_with_a_token_from_standard_input(up: Up, stranger: Person) -> None:
    token = (up.person.directory / "state/claudios/up/api-token").read_text()
    assert "checksum" not in stranger.run("login", up.url, "--with-token", stdin="clp_wrong\n", expect=4).err
    stranger.run("login", up.url, "--with-token", stdin=f"{token}\n")
    assert stranger.run("agents", "--json").json[0]["online"] is True


# Running


def test_run_prints_what_claude_says_and_ends_the_session(ada: Person) -> None:
    done = ada.run("run", "--title", "greeting", "Say hello")
    assert "Hello" in done.out
    assert done.out.endswith("\n")
    newest = ada.run("ps", "-a", "--json").json[0]
    assert (newest["title"], newest["reason"]) == ("greeting", "terminated")
    assert f"resume {newest['id'][:8]} 'TEXT'" in done.err


def test_run_fails_when_claudes_turn_failed(ada: Person) -> None:
    done = ada.run("run", "--json", "[[http 400 type=invalid_request_error msg=no]]", expect=1)
    told = json.loads(done.out)
    assert told["end"] == "turn_failed"
    assert told["turn"]["is_error"] is True


def test_run_takes_its_prompt_from_standard_input_and_prints_json(ada: Person) -> None:
    told = ada.run("run", "--json", "-", stdin="[[say Only this.]]").json
    assert told["text"] == "Only this."
    assert told["end"] == "turn_done"
    assert told["session"]["demo"] is True


def test_an_empty_prompt_is_refused(ada: Person) -> None:
    assert "nothing to say" in ada.run("run", "-", stdin=" \n", expect=2).err


def test_a_kept_session_takes_further_prompts(ada: Person) -> None:
    told = ada.run("run", "--keep", "--json", "[[say One.]]").json
    session = told["session"]["id"]
    assert ada.session(session)["state"] == "running"
    ada.run("send", session[:8], "[[say Two.]]")
    until(lambda: "Two." in ada.run("logs", session[:8]).out or None)
    ada.run("stop", session[:8])
    assert until_ended(ada, session)["reason"] == "terminated"


def test_a_session_runs_in_the_directory_that_is_named(ada: Person) -> None:
    (ada.home / "project").mkdir(exist_ok=True)
    told = ada.run(
        "run", "--json", "--dir", "project", "--permission-mode", "acceptEdits", "[[bash pwd]] [[say Ok.]]"
    ).json
    assert told["session"]["directory"] == str(ada.home / "project")
    assert str(ada.home / "project") in ada.run("logs", told["session"]["id"]).out


# Answering


def test_a_permission_is_asked_for_and_allowed_from_elsewhere(ada: Person) -> None:
    session = start(ada, "[[bash touch allowed.txt]] [[say Done.]]")
    until_it_is(ada, session, "waiting")
    (request,) = [each for each in ada.run("requests", "--json").json if each["session_id"] == session]
    assert "touch allowed.txt" in ada.run("requests").out
    assert "waiting for you" in ada.run("ps").out
    ada.run("approve", request["id"][:8])
    until_it_is(ada, session, "idle")
    assert (ada.home / "allowed.txt").exists()
    ada.run("stop", session)


def test_a_permission_is_denied_with_a_reason(ada: Person) -> None:
    session = start(ada, "[[bash touch denied.txt]] [[say Done.]]")
    until_it_is(ada, session, "waiting")
    ada.run("deny", session[:8], "--message", "Not in this house.")
    until_it_is(ada, session, "idle")
    assert not (ada.home / "denied.txt").exists()
    assert "Not in this house." in ada.run("logs", session).out
    ada.run("stop", session)


def test_an_answer_that_comes_second_is_told_who_was_first(ada: Person) -> None:
    session = start(ada, "[[bash touch once.txt]] [[say Done.]]")
    until_it_is(ada, session, "waiting")
    ada.run("approve", session[:8])
    assert "matches" in ada.run("approve", session[:8], expect=5).err
    ada.run("stop", session)


def test_a_question_is_answered_in_words(ada: Person) -> None:
    session = start(ada, "ask me a question")
    until_it_is(ada, session, "waiting")
    (request,) = [each for each in ada.run("requests", "--json").json if each["session_id"] == session]
    assert request["kind"] == "question"
    assert "--answer" in ada.run("approve", session[:8], expect=2).err
    questions = request["input"]["questions"]
    answers = [option for n in range(len(questions)) for option in ("--answer", f"{n + 1}=Blue")]
    ada.run("approve", session[:8], *answers)
    until_it_is(ada, session, "idle")
    ada.run("stop", session)


def test_without_a_terminal_run_says_how_to_answer(ada: Person) -> None:
    with ada.running("run", "[[bash touch hint.txt]] [[say Done.]]") as run:
        said = until(lambda: re.search(r"claudios approve ([0-9a-f]{8})", run.said()))
        ada.run("approve", said[1])
        assert run.line("Done.")
        assert run.ended() == 0


def test_at_a_terminal_run_asks_and_takes_the_answer(ada: Person) -> None:
    with ada.at_terminal("run", "[[bash touch typed.txt]] [[say All done.]]") as terminal:
        assert "touch typed.txt" in terminal.until("Allow?")
        terminal.type("y\n")
        terminal.until("All done.")
        assert terminal.ended() == 0
    assert (ada.home / "typed.txt").exists()


def test_at_a_terminal_a_denial_takes_a_reason(ada: Person) -> None:
    with ada.at_terminal("run", "[[bash touch untyped.txt]] [[say All done.]]") as terminal:
        terminal.until("Allow?")
        terminal.type("n\n")
        terminal.until("why")
        terminal.type("too soon\n")
        terminal.until("All done.")
        assert terminal.ended() == 0
    assert not (ada.home / "untyped.txt").exists()


def test_a_question_answered_in_the_page_is_taken_back_at_the_terminal(ada: Person) -> None:
    with ada.at_terminal("run", "[[bash touch elsewhere.txt]] [[say All done.]]") as terminal:
        terminal.until("Allow?")
        ada.run("approve")
        terminal.until("Allowed by")
        terminal.until("All done.")
        assert terminal.ended() == 0


# Stopping


def test_ctrl_c_interrupts_claude_and_ends_the_session(ada: Person) -> None:
    with ada.at_terminal("run", "--title", "cut", "[[text 100000 rate=500]]") as terminal:
        terminal.until("brown fox")  # the filler's words
        terminal.type("\x03")
        terminal.until("Interrupting")
        assert terminal.ended() == 130
    session = next(each for each in ada.run("ps", "-a", "--json").json if each["title"] == "cut")
    assert until_ended(ada, session["id"])["reason"] == "terminated"


def test_a_second_ctrl_c_leaves_the_session_to_itself(up: Up, ada: Person) -> None:
    agent = next(each for each in up.running.family() if "claudios.agent" in each.cmdline())
    with ada.at_terminal("run", "--title", "left", "[[bash touch left.txt]]") as terminal:
        terminal.until("Allow?")
        agent.suspend()  # so that the interrupt cannot arrive yet
        try:
            terminal.type("\x03")
            terminal.until("Interrupting")
            terminal.type("\x03")
            terminal.until("goes on")
            assert terminal.ended() == 130
        finally:
            agent.resume()
    session = next(each for each in ada.run("ps", "--json").json if each["title"] == "left")
    until_it_is(ada, session["id"], "idle")
    ada.run("stop", session["id"])


def test_interrupt_ends_the_turn_and_not_the_session(ada: Person) -> None:
    session = start(ada, "[[text 100000 rate=500]]")
    until_it_is(ada, session, "working")
    ada.run("interrupt", session[:8])
    until_it_is(ada, session, "idle")
    assert "interrupted" in ada.run("logs", session).out.lower()
    assert "Claude was idle" in ada.run("interrupt", session).out
    assert ada.run("queue", session).err == "Nothing waits.\n"
    ada.run("stop", session)


def test_an_ended_session_is_resumed_and_verified(ada: Person) -> None:
    told = ada.run("run", "--json", "[[say Before.]]").json
    session = told["session"]["id"]
    until_ended(ada, session)
    assert "claudios resume" in ada.run("send", session, "more", expect=1).err
    ada.run("resume", session[:8], "[[say After.]]")
    until(lambda: "After." in ada.run("logs", session).out or None)
    assert ada.session(session)["epoch"] == 2
    ada.run("stop", session)
    until_ended(ada, session)
    assert ada.run("verify", session, "--json").json["verified"] is True


def test_a_session_is_forked_while_it_runs(ada: Person) -> None:
    session = start(ada, "[[say Before.]]")
    until_it_is(ada, session, "idle")
    ada.run("send", session, "[[say Still before.]]")  # by its end the CLI has written down the turn before
    until(lambda: "Still before." in ada.run("logs", session).out.replace("[[say Still before.]]", "") or None)
    until_it_is(ada, session, "idle")
    assert "logs -f" in ada.run("fork", session[:8], "--title", "aside").out
    (aside,) = [each for each in ada.run("ps", "--json").json if each["title"] == "aside"]
    assert (aside["forked_from"], aside["directory"]) == (session, ada.session(session)["directory"])
    made = ada.run("fork", "--json", session, "[[say After.]]").json
    until(lambda: "After." in ada.run("logs", made["id"]).out or None)
    assert "After." not in ada.run("logs", session).out
    for each in (session, aside["id"], made["id"]):
        ada.run("stop", each)
    assert ada.run("verify", made["id"], "--json").json["verified"] is True


def test_an_ended_session_is_archived_and_brought_back(ada: Person) -> None:
    session = start(ada, "[[say Tidy.]]")
    until_it_is(ada, session, "idle")
    assert "Terminate it first" in ada.run("archive", session[:8], expect=1).err
    ada.run("stop", session)
    assert ada.run("archive", session[:8]).out.strip() == session
    assert session not in ada.run("ps", "-aq").out.split()
    assert ada.run("ps", "--archived", "-q").out.split() == [session]
    assert "Tidy." in ada.run("logs", session[:8]).out
    assert ada.run("unarchive", session[:8], "--json").json[0]["archived_ms"] is None
    assert session in ada.run("ps", "-aq").out.split()
    assert ada.run("ps", "--archived").err == "There is no such session.\n"


# Reading


def test_logs_follow_a_session_to_its_end(ada: Person) -> None:
    session = start(ada, "[[say First words.]]")
    with ada.running("logs", "-f", session[:8]) as following:
        following.line("First words.")
        ada.run("send", session, "[[say Last words.]]")
        following.line("Last words.")
        ada.run("stop", session)
        assert following.ended() == 0


def test_raw_logs_are_what_claude_wrote_line_by_line(ada: Person) -> None:
    session = ada.run("run", "--json", "[[say Raw.]]").json["session"]["id"]
    until_ended(ada, session)
    lines = [json.loads(line) for line in ada.run("logs", "--raw", session).out.splitlines()]
    assert {"assistant", "result"} <= {line["type"] for line in lines}
    with ada.running("logs", "--raw", "-f", session) as following:
        assert following.process.stdout is not None
        assert [json.loads(line) for line in following.process.stdout] == lines
        assert following.ended() == 0


def test_logs_in_json_are_one_item_a_line(ada: Person) -> None:
    session = ada.run("run", "--json", "[[say Json.]]").json["session"]["id"]
    items = [json.loads(line) for line in ada.run("logs", "--json", session).out.splitlines()]
    assert [item["body"]["text"] for item in items if item["kind"] == "message"] == ["Json."]
    assert [item["no"] for item in items] == sorted({item["no"] for item in items})
    assert len(ada.run("logs", "--json", "--tail", "2", session).out.splitlines()) == 2


def test_an_unknown_session_and_an_ambiguous_one_have_their_exit_code(ada: Person) -> None:
    assert "ps -a" in ada.run("logs", "ffffffff", expect=5).err
    assert ada.run("logs", "00000000-0000-4000-8000-000000000000", expect=5).code == 5


# Projects, agents, the shell


def test_projects_and_agents_are_created_and_a_token_is_shown_once(ada: Person) -> None:
    project = ada.run("projects", "create", "Work", "--json").json
    assert "Work" in ada.run("projects").out
    made = ada.run("agents", "create", "tower", "--project", "Work")
    token = made.out.strip()
    assert token.startswith("cla_")
    assert "claudios agent" in made.err
    assert token not in ada.run("agents", "--json").out
    assert ada.run("agents", "ls", "--project", project["id"], "--json").json[0]["name"] == "tower"
    rotated = ada.run("agents", "rotate", "tower", "--overlap", "0").out.strip()
    assert rotated.startswith("cla_")
    assert rotated != token
    ada.run("agents", "revoke", "tower", "--yes")
    assert ada.run("agents", "ls", "--project", "Work", "--json").json[0]["keys"] == []


def test_what_a_project_keeps_is_shown_and_said(ada: Person) -> None:
    ada.run("projects", "create", "Kept")
    assert "keeps output for ever, and any amount" in ada.run("projects", "retention", "Kept").out
    said = ada.run("projects", "retention", "Kept", "--days", "90", "--size", "20G", "--json").json
    assert (said["keep_days"], said["keep_bytes"]) == (90, 20 * 10**9)
    assert "for 90 days, and at most 20.0 GB" in ada.run("projects", "retention", "Kept").out
    assert ada.run("projects", "retention", "Kept", "--size", "any", "--json").json["keep_bytes"] is None
    assert "neither a whole number" in ada.run("projects", "retention", "Kept", "--size", "much", expect=2).err


def test_with_several_agents_run_asks_which(ada: Person) -> None:
    names = ada.run("run", "--agent", "nobody", "Hi", expect=5).err
    assert "There is no agent 'nobody'" in names


def test_bash_completes_commands(ada: Person) -> None:
    script = ada.run("completion", "bash").out
    program = f"{script}\nCOMP_WORDS=(claudios lo); COMP_CWORD=1; _claudios_completion claudios; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", program], env=ada.environment, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["login", "logout", "logs"]


def test_bash_completes_the_sessions_there_are(ada: Person) -> None:
    session = ada.run("run", "--json", "[[say Hi.]]").json["session"]["id"]
    script = ada.run("completion", "bash").out
    program = f"{script}\nCOMP_WORDS=(claudios logs {session[:6]}); COMP_CWORD=2; _claudios_completion claudios"
    done = subprocess.run(
        ["bash", "-c", f"{program}; echo ${{COMPREPLY[@]}}"],
        env=ada.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [session]


def test_stop_waits_until_the_session_has_ended(ada: Person) -> None:
    session = start(ada, "[[text 100000 rate=500]]")
    until_it_is(ada, session, "working")
    assert ada.run("stop", session[:8]).out.strip() == session
    assert ada.session(session)["state"] == "ended"


def test_a_reader_that_goes_away_is_no_error(ada: Person) -> None:
    done = subprocess.run(
        ["bash", "-c", "set -o pipefail; claudios agents --json | true; claudios --help | head -1"],
        env=ada.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


# What waits for a machine that is away


def test_what_waits_for_a_machine_is_listed_edited_and_withdrawn(ada: Person) -> None:
    (project, *_) = ada.run("projects", "--json").json
    ada.run("agents", "create", "desk", "--project", project["name"])
    session = start(ada, "begin", "--agent", "desk")
    ada.run("send", session, "first thought")
    listed = ada.run("queue", session).out
    assert "waits for an agent that is offline" in listed
    assert "first thought" in listed
    begun, sent = ada.run("queue", session, "--json").json
    assert (begun["kind"], sent["state"], sent["text"]) == ("start_session", "queued", "first thought")
    ada.run("edit", sent["id"][:13], "second", "thought")
    assert ada.run("queue", session, "--json").json[1]["text"] == "second thought"
    assert "Send it again" not in ada.run("retry", sent["id"], expect=1).err
    assert ada.run("withdraw", sent["id"], "--json").json["state"] == "withdrawn"
    assert "Withdrawn by" in ada.run("edit", sent["id"], "third thought", expect=1).err
    assert ada.run("queue", session, "-q").out.split() == [begun["id"]]
    ada.run("withdraw", begun["id"])
    assert ada.session(session)["reason"] == "terminated"
    assert ada.run("drop", "00000000", expect=5).err


# Images


def test_images_go_with_a_prompt(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(9, 9, seed=1))
    (tmp_path / "b.png").write_bytes(png(9, 9, seed=2))
    session = start(ada, "[[say First.]]", "--image", str(tmp_path / "a.png"))
    until_it_is(ada, session, "idle")
    ada.run("send", session, "[[say Second.]]", "--image", str(tmp_path / "b.png"))
    told = until(lambda: next((out for out in [ada.run("logs", session).out] if "Second." in out), None))
    assert "First." in told
    raw = ada.run("logs", "--raw", session).out
    assert all(b64encode(png(9, 9, seed=seed)).decode() in raw for seed in (1, 2))
    refused = ada.run("send", session, "look", "--image", __file__, expect=2)
    assert "Image 1 is not a PNG" in refused.err
