"""How long a text to Claude may be: it travels whole in one request and one message, where JSON may double it."""

from __future__ import annotations

MAX_PROMPT_BYTES = 500_000


def length_fault(text: str) -> str | None:
    """Return what is wrong with a text that is too long, as the end of a sentence; None when it fits."""
    size = len(text.encode(errors="surrogatepass"))
    if size <= MAX_PROMPT_BYTES:
        return None
    return (
        f"is {size:,} bytes long, and {MAX_PROMPT_BYTES:,} is the most that can be sent. "
        "Put it into a file on the agent's machine and ask Claude to read that."
    )
