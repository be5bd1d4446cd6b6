"""How work runs: database threads, admission, and what is counted about a request."""
