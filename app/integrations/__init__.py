"""Connectors to other systems. So far: files of order histories and of pickup points.

Invariant: an import that is interrupted and started again goes on where it stopped and doubles nothing.
"""
