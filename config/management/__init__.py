"""Commands on the whole program: the domain knows nothing of the API, so they stand above both."""
