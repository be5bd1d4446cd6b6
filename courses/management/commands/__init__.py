"""One module for each command: `manage.py <name>`."""
