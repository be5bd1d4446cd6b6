"""GraphiQL: the page that a browser gets from the API's address, and the files that this page loads."""
