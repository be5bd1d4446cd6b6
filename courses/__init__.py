"""Domain of courses, assessments and learning. Knows no GraphQL."""
