"""The command line. Each command is a few lines over client, agent or server, and loads only what it needs."""
