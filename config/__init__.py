"""Wiring of a deployment: settings, database, URLs and the server's entry. No product knowledge."""
