"""Files of other systems, through the API."""
