"""The agent as a service: systemd units and launchd property lists, as pure text."""
