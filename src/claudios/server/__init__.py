"""The server: accounts and projects, the agents' links, the log of every session, and the people who watch."""
