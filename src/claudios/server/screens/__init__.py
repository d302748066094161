"""The screens of terminal sessions, drawn outside the server's process for viewers who join late."""
