"""Access tokens in the API."""
