"""A scratch copy of the project, whose interpreter imports the copy and nothing of the original."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.guards.guard import ROOT, SOURCE, Guard

COPIED = ("src", "tests", "scripts", "bench", "docs", "pyproject.toml", "README.md", "Makefile")
UNCOPIED = shutil.ignore_patterns("__pycache__", "page")
TIMEOUT_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of tests ended: `failed` are tests that did not hold, `broken` is what kept some from running."""

    code: int
    failed: tuple[str, ...]
    broken: str

    @property
    def is_green(self) -> bool:
        return self.code == 0

    @property
    def is_red(self) -> bool:
        return self.code == 1 and bool(self.failed)


class Tree:
    """One copy, used by one run at a time."""

    def __init__(self, path: Path) -> None:
        """Copy the project to `path`, with an environment that has its packages. Raises RuntimeError if it leaks."""
        self._path = path
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, path / name, ignore=UNCOPIED)
            else:
                shutil.copy2(source, path / name)
        environment = path / ".venv"
        venv.create(environment, symlinks=True, with_pip=False)
        self._python = environment / "bin" / "python"
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))
        # Paths files of the original's packages are not read from here, so its own source stays out of sight.
        (packages / "guards.pth").write_text(f"{path / 'src'}\n{sysconfig.get_path('purelib')}\n")
        imported = self._ask("import claudios; print(claudios.__file__)")
        if not imported.startswith(f"{path}/"):
            raise RuntimeError(f"the copy imports {imported}")

    def run(self, tests: Sequence[str], *, until_first: bool = True) -> Run:
        """Run some tests of the copy."""
        argv = [str(self._python), "-m", "pytest", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider"]
        argv += ["-x"] if until_first else []
        argv += ["--timeout", str(TIMEOUT_SECONDS), "--timeout-method", "signal", *tests]
        ended = subprocess.run(argv, cwd=self._path, capture_output=True, text=True, check=False)
        lines = ended.stdout.splitlines()
        failed = tuple(line.split()[1] for line in lines if line.startswith("FAILED "))
        errors = [line for line in lines if line.startswith("ERROR ")]
        # pytest ends with 1 also when it breaks down itself, as after a test that it had to cut short: it names none.
        is_told = ended.returncode == 0 or (ended.returncode == 1 and (failed or errors))
        said = [line for line in ended.stderr.splitlines() if line.strip()]
        ended_oddly = [] if is_told else [*lines[-1:], *said[-2:]]
        return Run(ended.returncode, failed, "; ".join([*errors, *ended_oddly]))

    @contextmanager
    def without(self, guard: Guard) -> Iterator[None]:
        """Take a guard out for the length of a block."""
        file = self._path / SOURCE / guard.file
        original = file.read_text()
        if original.count(guard.text) != 1:
            raise RuntimeError(f"the text of {guard.id} stands {original.count(guard.text)} times in {guard.file}")
        self._write(file, original.replace(guard.text, guard.instead))
        try:
            yield
        finally:
            self._write(file, original)

    def _write(self, file: Path, text: str) -> None:
        file.write_text(text)
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()  # it is told from the source by whole seconds only

    def _ask(self, code: str) -> str:
        return subprocess.run(
            [str(self._python), "-c", code], cwd=self._path, capture_output=True, text=True, check=True
        ).stdout.strip()


def interpreter() -> str:
    """Return the interpreter in a few words, for the report."""
    return f"Python {sys.version.split()[0]}"
