"""Assessments and their authoring in the API."""
