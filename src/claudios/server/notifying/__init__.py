"""Telling people and programs that are not here: Web Push, ntfy and webhooks."""
