"""How fast units are promised, and what stays exact meanwhile: `python -m bench.inventory`."""
