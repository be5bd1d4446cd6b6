"""GraphQL documents before execution: parsed, validated, measured and cached, within bounds."""
