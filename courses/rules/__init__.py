"""What is true of plain values: grading, layouts, limits, statistics. No database, no clock, no viewer.

Every function here takes all that it needs as arguments, a source of randomness and today's date
included, and returns a new value. Fractions of points are exact decimals, never floats.
"""
