"""Taking assessments in the API: the learner's side, which holds no key."""
