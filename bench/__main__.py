"""`python -m bench [ROW…]`: run all rows, or those named, and print the table; `--write` puts it into the docs."""

from __future__ import annotations

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
    names = [name for name in sys.argv[1:] if not name.startswith("--")] or list(ROWS)
    unknown = sorted(set(names) - set(ROWS))
    if unknown:
        print(f"There is no row {', '.join(unknown)}. Choose from {', '.join(ROWS)}.", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += asyncio.run(ROWS[name]())
    today = datetime.datetime.now(datetime.UTC).date()
    report = f"Measured on {today}: {machine()}.\n\n{table(rows)}\n"
    print(report)
    if "--write" in sys.argv:
        PAGE.write_text(PLACE.sub(lambda _: report, PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
