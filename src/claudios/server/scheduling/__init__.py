"""Schedules: sessions that start at times given by cron expressions."""
