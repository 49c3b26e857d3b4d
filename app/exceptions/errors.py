"""Refusals of the exceptions slice."""

from app.kit.errors import InvalidTransition


class CaseClosed(InvalidTransition):
    """Nothing is left to do about this case. Facts: current_status."""
