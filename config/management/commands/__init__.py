"""Modules of the commands, `manage.py <name>`."""
