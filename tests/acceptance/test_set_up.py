"""Set-up as a person meets it: a fresh copy of the project, made ready by one command, and packed for others."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.person import Person, use_link

ROOT = Path(__file__).resolve().parents[2]
OF_CLAUDE = ("AI_", "ANTHROPIC_", "CLAUDE")
PAGE = Path("src/claudios/server/web/page/index.html")

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


def run(*argv: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def prepare(checkout: Path, *parts: str) -> list[str]:
    """Prepare the parts; return what was said, without how long it took."""
    prepared = run("scripts/python.sh", "-S", "-m", "scripts.prepare", *parts, cwd=checkout)
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    return [line.partition("(")[0].strip() for line in prepared.stdout.splitlines()]


@dataclass(frozen=True)
class MadeUp:
    """What `make up` printed until it was ready, the status with which its link was used, and what came after."""

    lines: list[str]
    link_status: int
    last_words: str


def make_up(checkout: Path, person: Person) -> MadeUp:
    """Run it until it is ready, use its sign-in link, press Ctrl+C, and wait for its end."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(OF_CLAUDE)}
    environment = {**variables, **person.environment, "PATH": os.environ["PATH"], "PORT": "0"}
    with subprocess.Popen(
        ["make", "up"],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl+C goes to all that runs at a terminal
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line.strip())
                if "Ctrl+C ends everything" in line:
                    break
            links = [found[0] for line in lines if (found := re.search(r"http://\S+/sign-in#\S+", line))]
            assert links, "\n".join(lines)
            status = use_link(links[0])
        finally:
            os.killpg(process.pid, signal.SIGINT)
        last_words = process.stdout.read()
    return MadeUp(lines, status, last_words)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Person, MadeUp]:
    """A copy of what is in the repository, with nothing that set-up or builds have made, and its first `make up`.

    It is by somebody with a fresh home, save for what package managers keep there.
    """
    copy = tmp_path_factory.mktemp("checkout")
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    person = Person(tmp_path_factory.mktemp("person"))
    kept = {person.home: (".cache", ".npm", ".npmrc"), person.directory / "config": ("pip", "uv")}
    for place, names in kept.items():
        own = Path.home() if place == person.home else Path.home() / ".config"
        for name in names:
            if (own / name).exists():
                (place / name).symlink_to(own / name)
    return copy, person, make_up(copy, person)


@pytest.fixture(scope="module")
def checkout(fresh: tuple[Path, Person, MadeUp]) -> Path:
    """The copy, made ready."""
    return fresh[0]


def test_make_up_in_a_fresh_copy_installs_builds_and_prints_a_link_that_signs_in(
    fresh: tuple[Path, Person, MadeUp],
) -> None:
    checkout, person, first = fresh
    for done in ("Creating .venv ...", "Installing the packages of the page ...", "Building the page ..."):
        assert f"[set-up] {done}" in first.lines
    assert any("ClaudiOS is ready." in line and "DEMO" in line for line in first.lines)
    assert any("no Claude credentials were found on this machine" in line for line in first.lines)
    assert first.link_status == 200
    assert "Ending the sessions, then the server." in first.last_words
    assert (person.directory / "state/claudios/server/claudios.db").exists()
    assert not (checkout / "config.json").exists()


def test_make_up_again_is_ready_without_installing_anything(fresh: tuple[Path, Person, MadeUp]) -> None:
    checkout, person, _ = fresh
    second = make_up(checkout, person)
    set_up = [line for line in second.lines if line.startswith("[set-up]")]
    assert [line.partition("(")[0].strip() for line in set_up] == ["[set-up] Ready: Python packages, page"]
    assert any("ClaudiOS is ready." in line for line in second.lines)
    assert second.link_status == 200


def test_a_fresh_copy_is_made_ready_and_a_second_run_has_nothing_to_do(checkout: Path) -> None:
    assert (checkout / PAGE).is_file()
    assert run(".venv/bin/claudios", "--version", cwd=checkout).stdout.startswith("claudios ")
    assert prepare(checkout, "run", "page") == ["[set-up] Ready: Python packages, page"]


def test_a_change_of_the_page_builds_the_page_and_nothing_else(checkout: Path) -> None:
    with (checkout / "web/index.html").open("a") as file:
        file.write("<!-- changed -->\n")
    said = prepare(checkout, "run", "page")
    assert "[set-up] Building the page ..." in said
    assert not any("Installing" in line for line in said)
    assert prepare(checkout, "run", "page") == ["[set-up] Ready: Python packages, page"]


def test_a_venv_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    (checkout / ".venv/bin/python").unlink()
    assert "[set-up] Creating .venv ..." in prepare(checkout, "run")
    assert run(".venv/bin/claudios", "--version", cwd=checkout).returncode == 0


def test_without_node_the_page_is_not_built_and_the_remedy_is_named(checkout: Path, tmp_path: Path) -> None:
    (checkout / PAGE).unlink()
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    for name in ("dirname", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    only = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    said = run("scripts/python.sh", "-S", "-m", "scripts.prepare", "page", cwd=checkout, environment=only)
    assert said.returncode == 1
    assert "error: Building the page needs Node.js" in said.stdout
    assert "remedy: Install Node.js" in said.stdout
    assert "[set-up] Building the page ..." in prepare(checkout, "page")


def test_a_python_that_is_too_old_is_refused_with_a_remedy(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    refused = run("scripts/python.sh", "--version", cwd=checkout, environment={**os.environ, "PYTHON": str(old)})
    assert refused.returncode == 1
    assert "error: ClaudiOS needs Python 3.11 or newer" in refused.stderr
    assert "remedy: install python3.11" in refused.stderr


@pytest.fixture(scope="module")
def packages(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source archive of the checkout."""
    folder = tmp_path_factory.mktemp("packages")
    built = run(".venv/bin/hatchling", "build", "--directory", folder, cwd=checkout)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,), (archive,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, archive


def test_wheel_and_source_archive_carry_the_built_page(packages: tuple[Path, Path]) -> None:
    wheel, archive = packages
    with zipfile.ZipFile(wheel) as opened:
        assert "claudios/server/web/page/index.html" in opened.namelist()
        assert not any("node_modules" in name for name in opened.namelist())
    with tarfile.open(archive) as unpacked:
        assert any(name.endswith(str(PAGE)) for name in unpacked.getnames())
        assert not any("node_modules" in name for name in unpacked.getnames())


def test_a_source_archive_is_packed_without_node(checkout: Path, packages: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(packages[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    (source / "web/index.html").write_text("changed")  # not the page's sources any more, yet the page stays
    hatchling = checkout / ".venv/bin/hatchling"
    built = run(hatchling, "build", "--target", "wheel", cwd=source, environment={"PATH": "/nonexistent"})
    assert built.returncode == 0, built.stdout + built.stderr
    assert list((source / "dist").glob("*.whl"))


def test_the_base_package_runs_the_agent_without_anything_of_the_server(
    checkout: Path, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    uv = checkout / ".venv/bin/uv"
    assert run(uv, "venv", "--quiet", venv, cwd=tmp_path).returncode == 0
    agent_lock = checkout / "requirements/agent.txt"
    installed = run(uv, "pip", "install", "--python", venv, "--constraint", agent_lock, packages[0], cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    assert "fastapi" not in installed.stderr
    assert run(venv / "bin/claudios", "--version", cwd=tmp_path).returncode == 0
    assert "--config" in run(venv / "bin/claudios", "agent", "--help", cwd=tmp_path).stdout
