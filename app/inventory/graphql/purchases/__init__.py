"""Purchase orders in the API."""
