"""`python -m bench [ROW…]`: run all rows, or those named, and print the table; `--write` puts it into the docs."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import re
import sys
from pathlib import Path

from bench.measure import Row, machine, table
from bench.rows import ROWS

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
PLACE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- /table -->)", re.S)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)}; all of them if none is named"
    )
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.rows) - set(ROWS))
    if unknown:
        parser.error(f"There is no row {', '.join(unknown)}. Choose from {', '.join(ROWS)}.")
    rows: list[Row] = []
    for name in chosen.rows or ROWS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += asyncio.run(ROWS[name]())
    today = datetime.datetime.now(datetime.UTC).date()
    report = f"Measured on {today}: {machine()}.\n\n{table(rows)}\n"
    print(report)
    if chosen.write:
        PAGE.write_text(PLACE.sub(lambda _: report, PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
