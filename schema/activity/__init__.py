"""Activity events in the API."""
