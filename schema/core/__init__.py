"""What every noun of the API uses: ids, fields, connections, refusals, permissions, limits, errors."""
