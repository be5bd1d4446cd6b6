"""Courses, lessons, resources and enrolments in the API."""
