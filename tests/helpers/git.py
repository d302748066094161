"""Real git repositories for tests, made without the configuration of whoever runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def home_with_identity(home: Path) -> dict[str, str]:
    """Return the environment of a person whose git knows who they are."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def git(directory: Path, *arguments: str) -> str:
    """Run git in a directory and return what it prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**ENVIRONMENT, "HOME": str(directory)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.removesuffix("\n")


def repository(directory: Path, **files: str) -> Path:
    """Make a repository with one commit on `main`; `files` are named with `__` for a dot."""
    directory.mkdir(parents=True)
    git(directory, "init", "--quiet", "--initial-branch=main")
    for name, content in (files or {"a__txt": "one\ntwo\nthree\n"}).items():
        (directory / name.replace("__", ".")).write_text(content)
    commit(directory, "First")
    return directory


def commit(directory: Path, message: str) -> str:
    """Commit everything, and return the commit."""
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")
