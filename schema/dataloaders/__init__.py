"""Data sources, declared as plain data: one module for each noun over `base`."""
