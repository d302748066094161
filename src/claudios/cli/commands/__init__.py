"""One module per command, or per family of commands; `cli.tree` says which names they have."""
