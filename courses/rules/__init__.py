"""Pure functions over plain values: grading, layouts, limits, statistics. No database, no clock, no viewer.

Every function takes all that it needs as arguments, a source of randomness and today's date included, and
returns a new value. Fractions of points are exact decimals, never floats.
"""
