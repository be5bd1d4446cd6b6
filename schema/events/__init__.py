"""The API of the event feed."""
