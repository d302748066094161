"""What `git` says of a directory, and worktrees of sessions: no program runs that the repository itself names."""
