"""The history of the tables, run by store/migrate.py."""
