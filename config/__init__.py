"""How this deployment is wired: settings, database, URLs and the server's entry. No product knowledge."""
