"""Execution: database threads, admission control, and the work of each request."""
