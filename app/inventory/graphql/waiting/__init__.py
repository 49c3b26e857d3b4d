"""Lines that wait for units, in the API."""
