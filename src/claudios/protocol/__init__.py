"""The words agent and server share. Pure: nothing here reads a clock, opens a socket or touches a disk."""
