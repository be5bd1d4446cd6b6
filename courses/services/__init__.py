"""Writes: one keyword-only function for each use case, which checks, locks, writes, and records.

A service owns its transaction: it happens whole or not at all. It refuses by raising a Refusal of
courses/exceptions.py, before anything is written. Mutations, the admin and commands all call these functions.
"""
