"""Hikiate: a GraphQL commerce backend and order management system."""
