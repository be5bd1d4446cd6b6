"""Django's PostgreSQL with a server that starts on first use. DATABASES names this package as ENGINE."""
