"""What is true of courses, assessments and learning, whoever asks. Knows no GraphQL."""
