"""Transfers in the API."""
