"""The link: the server's half of the conversation with each agent, whatever carries it."""
