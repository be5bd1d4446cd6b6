"""Notes in the API."""
