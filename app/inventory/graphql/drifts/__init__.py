"""Counters that drifted, in the API: what differs, and its repair."""
