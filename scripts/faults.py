"""`python -m scripts.faults [ROW ...]`: run the fault suite, print its table, and with `--write` put it into the docs.

Rows that chance decides are repeated `--repetitions` times, the others as often as their tests say. `--soak` is how
many minutes the soak breaks things before its quiet phase. A table is printed though tests have failed; it says which.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measure import machine
from tests.faults.rows import DEMANDED, ROWS, Row

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "faults-report.md"
PLACE = re.compile(r"(?<=<!-- faults -->\n).*(?=<!-- /faults -->)", re.DOTALL)
MIB = 1024 * 1024
FLAWS = ("lost", "doubled", "reordered", "changed")

Result = Mapping[str, Any]


def main() -> int:
    """Return 0 when every test passed."""
    asked = _parser().parse_args()
    unknown = sorted(set(asked.rows) - set(ROWS))
    if unknown:
        print(f"There is no row {', '.join(unknown)}. Choose from {', '.join(ROWS)}.", file=sys.stderr)
        return 2
    rows = [row for row in ROWS.values() if not asked.rows or row.id in asked.rows]
    begun = datetime.datetime.now(datetime.UTC)
    with tempfile.TemporaryDirectory(prefix="claudios-faults-") as directory:
        results = Path(directory, "results")
        repeated = [row.id for row in rows if row.is_repeated]
        others = [row.id for row in rows if not row.is_repeated and row.id != "SOAK"]
        codes = [
            _run(repeated, results, asked.workers, "--repetitions", str(asked.repetitions)),
            _run(others, results, asked.workers),
            # alone: it keeps the machine busy enough by itself
            _run([row.id for row in rows if row.id == "SOAK"], results, 0, "--soak-seconds", str(asked.soak * 60)),
        ]
        found = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    minutes = (datetime.datetime.now(datetime.UTC) - begun).total_seconds() / 60
    report = f"{_heading(begun, minutes, asked)}\n\n{_table(rows, found)}\n\n{_memory(rows, found)}\n"
    print(report)
    if asked.write:
        PAGE.write_text(PLACE.sub(lambda _: report, PAGE.read_text()))
    return max(codes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows (all)")
    parser.add_argument("--repetitions", type=int, default=DEMANDED, help=f"of rows that chance decides ({DEMANDED})")
    parser.add_argument("--soak", type=float, default=10.0, metavar="MINUTES", help="length of the soak (10)")
    parser.add_argument("--workers", type=int, default=2, help="tests at a time (2)")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    return parser


def _run(rows: Sequence[str], results: Path, workers: int, *options: str) -> int:
    """Run the tests of some rows; return 0 when all passed, or when there are none."""
    if not rows:
        return 0
    argv = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-m", "fault", "--rows", ",".join(rows)]
    ended = subprocess.run([*argv, "--faults-results", str(results), *options, "tests"], cwd=ROOT, check=False)
    nothing_was_chosen = 5
    return 0 if ended.returncode == nothing_was_chosen else ended.returncode


def _heading(begun: datetime.datetime, minutes: float, asked: argparse.Namespace) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    words = [f"ROWS='{' '.join(asked.rows)}'"] if asked.rows else []
    words += [f"REPETITIONS={asked.repetitions}", f"SOAK={asked.soak:g}"]
    return (
        f"Run on {begun.date()} in {minutes:.0f} minutes: {machine()}; commit {commit.stdout.strip() or 'unknown'}. "
        f"Repeat it with `make faults {' '.join(words)}`, and a single row with the chances it had with "
        "`FAULTS_SEED=SEED make faults ROWS=ROW`."
    )


def _table(rows: Sequence[Row], results: Sequence[Result]) -> str:
    lines = [
        "| case | done to it | what held | how often | lost | doubled | reordered | changed | worst recovery | seeds |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        of_row = [result for result in results if result["row"] == row.id]
        if not of_row:
            lines.append(f"| {row.id} | {row.fault} | {_why_not(row)} | 0 | - | - | - | - | - | - |")
            continue
        failed = [str(result["test"]).rpartition("::")[2] for result in of_row if not result["passed"]]
        held = f"**did not hold**: {', '.join(failed)}" if failed else row.holds
        often = sum(result["repetitions"] for result in of_row)
        flaws = " | ".join(_sum(of_row, flaw) for flaw in FLAWS)
        recoveries = [result["recovery_seconds"] for result in of_row if result["recovery_seconds"] is not None]
        recovery = f"{max(recoveries):.1f} s" if recoveries else "-"
        seeds = ", ".join(str(result["seed"]) for result in of_row if result["seed"] is not None) or "-"
        lines.append(f"| {row.id} | {row.fault} | {held} | {often} | {flaws} | {recovery} | {seeds} |")
    return "\n".join(lines)


def _memory(rows: Sequence[Row], results: Sequence[Result]) -> str:
    lines = ["| case | process | most memory | bound |", "| --- | --- | ---: | ---: |"]
    for row in rows:
        of_row = [result for result in results if result["row"] == row.id]
        for kind in sorted({kind for result in of_row for kind in result["peaks"]}):
            peak = max(result["peaks"].get(kind, 0) for result in of_row)
            bounds = [result["bounds"][kind] for result in of_row if kind in result["bounds"]]
            bound = f"{min(bounds) / MIB:.0f} MiB" if bounds else "-"
            lines.append(f"| {row.id} | {kind} | {peak / MIB:.0f} MiB | {bound} |")
    return "\n".join(lines)


def _why_not(row: Row) -> str:
    return f"needs {row.needs}: not run" if row.needs else "not run"


def _sum(results: Sequence[Result], flaw: str) -> str:
    counts = [result[flaw] for result in results if result[flaw] is not None]
    return str(sum(counts)) if counts else "-"


if __name__ == "__main__":
    sys.exit(main())
