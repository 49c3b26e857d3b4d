"""Reservations in the API."""
