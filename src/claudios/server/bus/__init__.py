"""The bus: wake-ups and fan-out after a commit. Losing a message costs latency, never data: the store is the truth."""
