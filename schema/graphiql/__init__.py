"""GraphiQL: the page that browsers get at the API's address, and its assets."""
