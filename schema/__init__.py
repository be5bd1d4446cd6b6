"""GraphQL API, one package for each noun. Imports courses, never the reverse."""
