"""Assessments and their authoring side in the API."""
