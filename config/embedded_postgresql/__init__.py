"""Django's PostgreSQL with a server that starts when it is first needed; DATABASES names this package as ENGINE."""
