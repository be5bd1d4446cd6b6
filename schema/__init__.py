"""The API as clients see it, read by subject: one package for each noun. Imports courses, never the reverse."""
