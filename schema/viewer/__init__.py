"""The signed-in person in the API."""
