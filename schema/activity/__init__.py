"""What people do, in the API."""
