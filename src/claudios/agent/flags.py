"""The command line of `python -m claudios.agent`: a few long flags, read without argparse to keep the process small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag; `value` names its argument, and is None for one that takes none."""

    name: str
    value: str | None
    help: str


def read_flags(arguments: Sequence[str], flags: Iterable[Flag]) -> tuple[Mapping[str, str], list[str]]:
    """Return the values by flag name (`true` for those without argument), and what is wrong with the rest.

    No message repeats an argument's value: it may be a secret that was put in the wrong place.
    """
    known = {flag.name: flag for flag in flags}
    values: dict[str, str] = {}
    problems: list[str] = []
    rest = list(arguments)
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        flag = known.get(name)
        if name in ("--agent-token", "--token"):
            if not has_value and rest and not rest[0].startswith("--"):
                rest.pop(0)
            problems.append(
                f"{name} is not taken: every user of this machine could read it there. "
                "Use --agent-token-file, AGENT_TOKEN or config.json."
            )
        elif flag is None and name.startswith("-"):
            if not has_value and rest and not rest[0].startswith("--"):
                rest.pop(0)
            problems.append(f"The flag {name} is unknown.{suggestion(name, known)} Try --help.")
        elif flag is None:
            problems.append("An argument is not a flag. The agent takes flags only; try --help.")
        elif flag.value is None:
            if has_value and value not in ("true", "false"):
                problems.append(f"The flag {name} takes no value.")
            values[name] = value or "true"
        elif has_value:
            values[name] = value
        elif rest and not rest[0].startswith("--"):
            values[name] = rest.pop(0)
        else:
            problems.append(f"The flag {name} needs a value: {name} {flag.value}.")
    return values, problems


def usage(flags: Iterable[Flag]) -> str:
    """Return one line of help per flag."""
    rows = [(f"{flag.name} {flag.value or ''}".rstrip(), flag.help) for flag in flags]
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in rows)


def suggestion(given: object, names: Iterable[str]) -> str:
    """Return ` Did you mean …?` for the name nearest to a mistyped one, else nothing."""
    from difflib import get_close_matches  # only a mistake needs it

    folded = {_fold(name): name for name in names}
    nearest = get_close_matches(_fold(str(given)), list(folded), 1)
    return f" Did you mean {folded[nearest[0]]}?" if nearest else ""


def _fold(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
