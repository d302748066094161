"""Transcripts as files for people and programs: Markdown, one page of HTML, JSON lines. Pure: items in, text out."""
