"""Grading by people, correcting and explaining grades, and item analysis in the API."""
