"""The Claude CLI of this machine, with the environment that the agent gives it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claudios.cli.doctor.finding import Finding, fail, ok, warn

ANSWER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CLI answered; no code when it could not be run or did not answer in time, with the reason."""

    code: int | None
    output: str


def check_claude(
    path: Path | None, environment: Mapping[str, str], directories: Sequence[Path], *, is_demo: bool
) -> Iterator[Finding]:
    """Yield whether the CLI is there, signed in, and can be started in each directory."""
    if path is None:
        yield fail(
            "claude",
            "the Claude CLI was not found",
            "Install it (pip install 'claudios[claude]'), or set claudePath in the agent's configuration.",
        )
        return
    version = _run(path, environment, "--version")
    if version.code != 0:
        yield fail("claude", f"{path} cannot be run: {version.output}", "Install it anew, or correct claudePath.")
        return
    yield ok("claude", f"{version.output.split(' ')[0]} at {path}")
    yield _signed_in(path, environment, is_demo=is_demo)
    for directory in directories:
        yield _can_start(path, environment, directory)


def _signed_in(path: Path, environment: Mapping[str, str], *, is_demo: bool) -> Finding:
    asked = _run(path, environment, "auth", "status")
    if is_demo:
        return ok("signed in", "a demo: Claude answers from a script, and needs no account")
    if asked.code == 0:
        return ok("signed in", "Claude has credentials (whether they are still good, only a prompt can tell)")
    if asked.code == 1:
        return fail(
            "signed in",
            "Claude has no credentials",
            f"Run {path} as the agent's user and sign in, or set ANTHROPIC_API_KEY where the agent starts.",
        )
    return warn("signed in", f"`claude auth status` did not answer: {asked.output}", "Run it yourself and look.")


def _can_start(path: Path, environment: Mapping[str, str], directory: Path) -> Finding:
    remedy = "Correct the directory in the agent's configuration, or its permissions for the agent's user."
    if not directory.is_dir():
        return fail("start", f"{directory} is no directory", remedy)
    if not os.access(directory, os.R_OK | os.X_OK):
        return fail("start", f"{directory} cannot be entered by this user", remedy)
    started = _run(path, environment, "--version", directory=directory)
    if started.code != 0:
        return fail("start", f"Claude cannot be started in {directory}: {started.output}", remedy)
    if not os.access(directory, os.W_OK):
        return warn("start", f"Claude can be started in {directory}, but not write there", remedy)
    return ok("start", f"Claude can be started in {directory}")


def _run(path: Path, environment: Mapping[str, str], *arguments: str, directory: Path | None = None) -> Answered:
    try:
        done = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            cwd=directory,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answered(None, f"no answer within {ANSWER_SECONDS:.0f} s")
    except OSError as failed:
        return Answered(None, str(failed.strerror))
    text = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).decode(errors="replace").strip()
    return Answered(done.returncode, text.split("\n")[0][:200] or f"exit code {done.returncode}")
