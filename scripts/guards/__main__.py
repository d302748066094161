"""`python -m scripts.guards [ID ...]`: take each guard out of a scratch copy and demand that a test goes red.

First the same tests must be green on the untouched copy. Prints a table; with `--write` it goes into the report.
Ends with 1 when a guard went unnoticed, its tests broke, or were red without a reason.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from scripts.guards.guard import ROOT, Guard
from scripts.guards.guards import GUARDS
from scripts.guards.tree import Tree

PAGE = ROOT / "docs" / "faults-report.md"
PLACE = re.compile(r"(?<=<!-- guards -->\n).*(?=<!-- /guards -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one guard."""

    guard: Guard
    noticed_by: str
    problem: str


def main() -> int:
    """Return 0 when every guard was noticed."""
    asked = _parser().parse_args()
    known = {guard.id: guard for guard in GUARDS}
    if unknown := sorted(set(asked.ids) - set(known)):
        print(f"There is no guard {', '.join(unknown)}.", file=sys.stderr)
        return 2
    guards = [known[each] for each in asked.ids] or list(GUARDS)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="claudios-guards-") as directory:
        trees: SimpleQueue[Tree] = SimpleQueue()
        for number in range(asked.workers):
            trees.put(Tree(Path(directory).resolve() / str(number)))
        tests = sorted({test for guard in guards for test in guard.tests})
        with ThreadPoolExecutor(asked.workers) as pool:
            parts = [tests[number :: asked.workers] for number in range(asked.workers)]
            red = {test for failed in pool.map(lambda part: _red(trees, part), parts) for test in failed}
            verdicts = list(pool.map(lambda guard: _try(trees, guard, red), guards))
    report = _report(verdicts, (time.monotonic() - begun) / 60)
    print(report)
    if asked.write:
        PAGE.write_text(PLACE.sub(lambda _: f"{report}\n", PAGE.read_text()))
    return 1 if any(verdict.problem for verdict in verdicts) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these guards (all)")
    parser.add_argument("--workers", type=int, default=2, help="guards at a time (2)")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    return parser


def _red(trees: SimpleQueue[Tree], tests: list[str]) -> tuple[str, ...]:
    """Return which tests do not hold on the untouched copy."""
    if not tests:
        return ()
    tree = trees.get()
    try:
        run = tree.run(tests, until_first=False)
    finally:
        trees.put(tree)
    if run.broken:
        raise RuntimeError(f"the tests do not run on the untouched copy: {run.broken}")
    return run.failed


def _try(trees: SimpleQueue[Tree], guard: Guard, red: set[str]) -> Verdict:
    if before := [each for each in red if each.startswith(guard.tests)]:
        return _told(Verdict(guard, "", f"red with the guard in place: {', '.join(before)}"))
    tree = trees.get()
    try:
        with tree.without(guard):
            run = tree.run(guard.tests)
    finally:
        trees.put(tree)
    if run.is_red:
        return _told(Verdict(guard, run.failed[0].rpartition("::")[2], ""))
    return _told(Verdict(guard, "", "no test noticed" if run.is_green else f"the tests broke: {run.broken}"))


def _told(verdict: Verdict) -> Verdict:
    print(f"{verdict.guard.id}: {verdict.problem or f'noticed by {verdict.noticed_by}'}", file=sys.stderr, flush=True)
    return verdict


def _report(verdicts: list[Verdict], minutes: float) -> str:
    noticed = sum(not verdict.problem for verdict in verdicts)
    lines = [
        f"Run on {datetime.datetime.now(datetime.UTC).date()} in {minutes:.0f} minutes: {noticed} of {len(verdicts)} "
        "guards were noticed when they were removed, each by a test that fails and holds again with the guard.",
        "",
        "| guard | what it promises | where | noticed by |",
        "| --- | --- | --- | --- |",
    ]
    for verdict in verdicts:
        guard = verdict.guard
        noticed_by = f"`{verdict.noticed_by.partition('[')[0]}`" if verdict.noticed_by else f"**{verdict.problem}**"
        lines.append(f"| {guard.id} | {guard.promise} | `{guard.file}` | {noticed_by} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
