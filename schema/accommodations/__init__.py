"""Accommodations in the API: what counts for one learner, and who granted it."""
