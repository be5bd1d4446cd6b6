"""Exports in the API."""
