"""Count sessions in the API."""
