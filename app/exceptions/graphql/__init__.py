"""Cases in the schema."""
