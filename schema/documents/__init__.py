"""GraphQL documents before they are executed: read, validated, measured and kept, within bounds."""
