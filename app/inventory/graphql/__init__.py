"""The GraphQL face of the inventory slice."""
