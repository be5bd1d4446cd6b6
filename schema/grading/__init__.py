"""Manual grading, correcting and explaining grades, and item analysis in the API."""
