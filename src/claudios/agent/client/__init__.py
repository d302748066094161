"""The agent's end of the link: one connection at a time, over a WebSocket or by polling."""
