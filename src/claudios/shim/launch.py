"""The launch file: what to run, where its spool and socket are, and how to end it."""

from __future__ import annotations

import json

from claudios.shim.terminal import Size


class Launch:
    """What a shim is to do. Written by the daemon as JSON; the program's environment is the shim's own.

    `polite_end` is the line that asks the program to end, and `ladder` the seconds to wait after it, after SIGINT and
    after SIGTERM. `start_seconds` is how long the program may take to its first output. Every process of the session
    carries `marker` in the environment variable CLAUDIOS_SESSION. The spool takes `spool_max_bytes` (0: any);
    `interrupt` is the line that stops what the program is at when it comes near that, and `patience_seconds` is how
    long a program waits for a full disk before its output is dropped. `by_itself` is told in the log: nobody asked for
    this start.

    With `terminal`, its columns and rows, the program runs on a terminal in the place of pipes, and `interrupt` is
    typed as it stands.
    """

    __slots__ = (
        "argv",
        "by_itself",
        "cwd",
        "epoch",
        "first_seq",
        "interrupt",
        "ladder",
        "marker",
        "patience_seconds",
        "polite_end",
        "socket",
        "spool",
        "spool_max_bytes",
        "start_seconds",
        "terminal",
    )

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
        self.argv: list[str] = [str(word) for word in raw["argv"]]
        self.by_itself = bool(raw.get("by_itself"))
        self.cwd = str(raw["cwd"])
        self.epoch = int(raw["epoch"])
        self.first_seq = int(raw["first_seq"])
        polite, interrupted, terminated = raw["ladder"]
        self.ladder = (float(polite), float(interrupted), float(terminated))
        self.marker = str(raw["marker"])
        self.polite_end = str(raw["polite_end"])
        self.socket = str(raw["socket"])
        self.spool = str(raw["spool"])
        self.spool_max_bytes = int(raw.get("spool_max_bytes", 0))
        self.interrupt = str(raw.get("interrupt", ""))
        self.patience_seconds = float(raw.get("patience_seconds", 30))
        self.start_seconds = float(raw["start_seconds"])
        size = raw.get("terminal")
        self.terminal: Size | None = None if size is None else (int(size["columns"]), int(size["rows"]))
