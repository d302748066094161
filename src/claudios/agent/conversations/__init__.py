"""Conversations that Claude keeps on this machine and that were held outside of ClaudiOS."""
