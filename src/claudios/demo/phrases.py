"""What the model plays for ordinary words, so that a person can try ClaudiOS without an account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from claudios.demo.steps import Directive, Step

LARGEST_COUNT = 500
QUOTED_CHARACTERS = 300

WELCOME = """\
Hello! I am the **scripted demo model** of ClaudiOS. No account and no network are involved: the Claude CLI that runs \
here is the real one, and only the model behind it is a small script on this machine.

You wrote:

> {prompt}

Three things to try:

1. `run touch hello.txt` - I ask for permission to run a command, and you allow or deny it.
2. `count to 100` - a long answer, streamed word by word; interrupt it half-way.
3. `write a file` - I write a file into the session's directory, after asking you.

I also know `edit a file`, `show markdown`, `think about it`, `ask me a question`, `tell a long story` and \
`show an error`.
"""

MARKDOWN = """\
## What a transcript can show

Text with *emphasis*, **weight**, `code` and [links](https://example.org), and:

| stage | what it keeps |
| --- | --- |
| spool | every byte, before the network |
| chain | the order of every frame |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

- [x] a list with boxes
- [ ] one of them still open
"""

FETCH = """\
def fetch(url):
    for attempt in range(3):
        answer = get(url)
        if answer.ok:
            return answer
    raise Failed(url)
"""
EDITS = (
    "        if answer.ok:\n            return answer\n",
    "        if answer.ok:\n            return answer\n        sleep(2**attempt)\n",
)


def steps_for(prompt: str, directory: str) -> tuple[Step, ...]:
    """Return the steps for a prompt without directives; there is always at least one."""
    for pattern, play in PHRASES:
        found = pattern.search(prompt)
        if found:
            return tuple(play(found, directory))
    quoted = prompt if len(prompt) <= QUOTED_CHARACTERS else prompt[:QUOTED_CHARACTERS] + "…"
    return (_speak(WELCOME.format(prompt=quoted.replace("\n", "\n> ") or "(nothing)")),)


def _run(found: re.Match[str], _: str) -> Sequence[Step]:
    command = found[1].strip().strip("`").strip()
    call = Directive("bash", json.dumps({"command": command, "description": "Run what was asked for"}))
    return (*_speak(f"I will run `{command}`."), call), _closing("The answer of the command")


def _write(found: re.Match[str], directory: str) -> Sequence[Step]:
    name = found[1] or "hello.txt"
    content = "Hello from the scripted demo model of ClaudiOS.\n"
    call = Directive("tool", "Write " + json.dumps({"file_path": f"{directory}/{name}", "content": content}))
    return (*_speak(f"I will write `{name}` into `{directory}`."), call), _closing("What became of the file")


def _edit(found: re.Match[str], directory: str) -> Sequence[Step]:
    path = f"{directory}/{found[1] or 'fetch.py'}"
    before, after = EDITS
    written = {"file_path": path, "content": FETCH}
    edited = {"file_path": path, "old_string": before, "new_string": after}
    return (
        (*_speak("I will write a function that tries three times."), Directive("tool", f"Write {json.dumps(written)}")),
        (*_speak("It should wait between its tries."), Directive("tool", f"Edit {json.dumps(edited)}")),
        _closing("The change"),
    )


def _count(found: re.Match[str], _: str) -> Sequence[Step]:
    last = min(int(found[1]), LARGEST_COUNT)
    return (_speak("".join(f"{number}\n" for number in range(1, last + 1)) + "\nThat is all of them."),)


def _story(_: re.Match[str], __: str) -> Sequence[Step]:
    return ((*_speak("Once upon a time:\n\n"), Directive("text", "6000 rate=600 chunk=12")),)


def _think(_: re.Match[str], __: str) -> Sequence[Step]:
    return ((Directive("think", "800 rate=400 chunk=16"), *_speak("I have thought about it: **yes**, most likely.")),)


def _ask(_: re.Match[str], __: str) -> Sequence[Step]:
    return (*_speak("I need to know one thing first."), Directive("ask")), _closing("Your answer")


def _markdown(_: re.Match[str], __: str) -> Sequence[Step]:
    return (_speak(MARKDOWN),)


def _error(_: re.Match[str], __: str) -> Sequence[Step]:
    return ((Directive("http", "400 msg=this_error_is_part_of_the_demonstration"),),)


PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Sequence[Step]]], ...] = (
    (re.compile(r"^\s*(?:please\s+)?(?:run|execute)[:\s]+(.+?)\s*$", re.IGNORECASE), _run),
    (
        re.compile(
            r"\b(?:write|create|make)\s+(?:a\s+|the\s+)?(?:new\s+)?file\b(?:\s+(?:called\s+|named\s+)?`?([\w-]+\.\w+)`?)?",
            re.I,
        ),
        _write,
    ),
    (re.compile(r"\b(?:edit|change)\s+(?:a\s+|the\s+)?file\b(?:\s+`?([\w-]+\.\w+)`?)?", re.IGNORECASE), _edit),
    (re.compile(r"\bcount\s+(?:up\s+)?to\s+(\d{1,6})\b", re.IGNORECASE), _count),
    (re.compile(r"\b(?:tell|stream|write)\b.*\b(?:story|text|essay)\b", re.IGNORECASE), _story),
    (re.compile(r"\bthink\s+about\b", re.IGNORECASE), _think),
    (re.compile(r"\bask\s+me\b", re.IGNORECASE), _ask),
    (re.compile(r"\bshow\s+(?:me\s+)?(?:some\s+)?markdown\b", re.IGNORECASE), _markdown),
    (re.compile(r"\b(?:show|make|cause)\s+an?\s+error\b", re.IGNORECASE), _error),
)


def _speak(text: str) -> Step:
    return (Directive("speak", text),)


def _closing(what: str) -> Step:
    return _speak(f"{what} stands above. That is the end of this little script; what shall we try next?")
