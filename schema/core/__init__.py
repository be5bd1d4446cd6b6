"""Base of every noun of the API: ids, fields, connections, refusals, permissions, subscriptions, errors."""
